#!/bin/sh
# Mutates the corpus of one target for so many seconds: fuzz.sh PROGRAM SECONDS OPTION...
# What it comes to lies in fuzz/: NAME/, inputs that reached something new, for the next time; NAME.log; NAME-crash-...,
# what it found; and a line of figures, "NAME SECONDS EXECUTIONS", the seconds those of a processor.
set -u
program=$1 seconds=$2
shift 2
source=${top_srcdir:-.}
name=$(basename "$program" .t)
mkdir -p "fuzz/$name"
folder=${TMPDIR:-/tmp} # each input becomes a file, for which a disk is too slow
[ -z "${TMPDIR-}" ] && [ -w /dev/shm ] && folder=/dev/shm
TMPDIR=$(mktemp -d "$folder/cnngraph-fuzz-XXXXXX") || exit 1
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 130' INT TERM

set -- "$@" -print_final_stats=1 "-max_total_time=$seconds" "-artifact_prefix=fuzz/$name-"
[ -f "$source/t/fuzz/dict/$name" ] && set -- "$@" "-dict=$source/t/fuzz/dict/$name"
[ "$name" = network ] && set -- "$@" -max_len=200 # it looks at no more
set -- "$@" "fuzz/$name" "$source/t/fuzz/corpus/$name"
[ "$name" = model ] && set -- "$@" "$source/models" "$source/t/model/bad"

"$program" "$@" >"fuzz/$name.log" 2>&1
status=$?
runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "fuzz/$name.log")
if [ $status -eq 0 ]; then
    times >>"fuzz/$name.log" # its second line is of children, as "1m2.3s 0m4.5s"; in a pipe it would be 0
    tail -n 1 "fuzz/$name.log" | tr 'ms' '  ' |
        awk -v name="$name" -v runs="$runs" '{ printf "%s %.0f %d\n", name, 60 * $1 + $2 + 60 * $3 + $4, runs }' \
            >>fuzz/figures
    echo "$name: $runs executions, nothing found"
else
    echo "$name: see fuzz/$name.log: $(grep -m 1 -e '^not so' -e ERROR -e 'runtime error' "fuzz/$name.log")"
fi
exit $status
