#!/bin/sh
# quietly.sh "what is being done" "the way out when it fails" command...
# One line while it goes well; the whole output and the way out when it does not.
say=$1 way_out=$2
shift 2
echo "$say"
log=$(mktemp "${TMPDIR:-/tmp}/sennit-step.XXXXXX") || exit 1
trap 'rm -f "$log"' EXIT
"$@" >"$log" 2>&1
status=$?
if [ $status -ne 0 ]; then
    cat "$log" >&2
    echo "failed: $say" >&2
    echo "$way_out" >&2
else
    # What the build has to say about itself (a plain twin instead of a compiled one) is told, once.
    sed -n 's/^ *sennit: /  /p' "$log" | sort -u
fi
exit $status
