#!/bin/sh
# Remakes requirements/*.lock. Called by `make lock`, with the folder of the tools as its argument.
# Each list is resolved under the locks before it, so that no two locks ever name two versions of one package.
set -eu
bin=$1
cd "$(dirname "$0")/.."

compile() { # name of the lock, its source, further arguments
    name=$1 source=$2
    shift 2
    echo "locking requirements/$name.lock"
    # Environment and user settings may name an index; a lock must not.
    "$bin/uv" pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --upgrade \
        --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" \
        --output-file "requirements/$name.lock" "$source" "$@"
}

compile build requirements/build.in
compile standard pyproject.toml --extra standard -c requirements/build.lock
compile test requirements/test.in -c requirements/build.lock -c requirements/standard.lock
compile check requirements/check.in -c requirements/build.lock -c requirements/standard.lock -c requirements/test.lock
compile node requirements/node.in
