#!/bin/sh
# Builds the documentation's web pages into site/ where Zensical is installed; the pages are plain Markdown without it too.
set -eu
bin=$1
cd "$(dirname "$0")/.."
if [ -x "$bin/zensical" ]; then
    "$bin/zensical" build --clean
else
    echo "docs/ is checked. For web pages: $bin/pip install zensical, then make docs again"
fi
