#!/bin/sh
# Prints the newest Python >= 3.11 on this machine that can make a virtual environment; says the way out where there is none.
# A name in PYTHON wins. Each candidate is run, not only looked up: a version manager's stand-in may lead nowhere.
set -u

usable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
makes_venvs() { "$1" -c 'import venv, ensurepip' 2>/dev/null; }
way_out() { echo "$1" >&2; exit 1; }

without_venv=""
for name in ${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3}; do
    usable "$name" || continue
    if makes_venvs "$name"; then
        command -v "$name"
        exit 0
    fi
    without_venv=${without_venv:-$name}
done

[ -n "${PYTHON:-}" ] && [ -z "$without_venv" ] && way_out "PYTHON=$PYTHON is not a Python 3.11 or newer that runs."
[ -n "$without_venv" ] || way_out "No Python 3.11 or newer found. Install one (Debian: apt-get install python3-full), or name it: make PYTHON=/path/to/python3 ..."

# Debian takes ensurepip out of Python and puts it into the package python3.x-venv.
version=$("$without_venv" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
package="python$version-venv"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing $package, which $without_venv lacks" >&2
    { apt-get update -q && apt-get install -qy --no-install-recommends "$package"; } >/dev/null 2>&1
    makes_venvs "$without_venv" && { command -v "$without_venv"; exit 0; }
fi
way_out "$without_venv cannot make virtual environments. Run: sudo apt-get install $package"
