#!/bin/sh
# check, render and summary: what goes to which stream, exit codes, and that nothing is written.
command=${top_builddir:-.}/cnngraph
src=${top_srcdir:-.}
[ -x "$command" ] || { echo "1..0 # SKIP no command here"; exit 0; }
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
n=0
status=0

# expect CODE NAME: compares the last exit code
expect() {
    n=$((n + 1))
    if [ "$code" = "$1" ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2: $code"
        status=1
    fi
}

# run ARGUMENT...: the command, its streams kept
run() {
    code=0
    "$command" "$@" > "$folder/out" 2> "$folder/err" || code=$?
}

# holds FILE PATTERN NAME: a line of the stream matches
holds() {
    code=0
    grep -q -e "$2" "$folder/$1" || code=$?
    expect 0 "$3"
}

run check "$src/models/mnist3.yaml"
expect 0 "a good file is good"
holds out "mnist3.yaml: ok, 7 layers, 338453 parameters" "it says so on stdout"
run check "$src/t/model/bad/kernel_exceeds.yaml"
expect 3 "a mistake in a model file is exit code 3"
holds err "help: a kernel of at most 28" "it is shown on stderr"
code=$(wc -c < "$folder/out")
expect 0 "and stdout stays empty"
run check "$src/t/model/bad/no_loss.yaml" "$src/models/mlp.yaml"
expect 3 "one bad file of two is exit code 3"
holds out "mlp.yaml: ok" "the other is checked all the same"
run check
expect 2 "no file is a usage error"
run check "$folder/absent.yaml"
expect 4 "a file that cannot be read is exit code 4"
run check --set train.epochs=none "$src/models/mlp.yaml"
expect 3 "a mistake in --set is exit code 3"
holds err "^--set #1:1:14: error: train: epochs: expected a whole number" "it cites the override"
run render --set vars.hidden=7 "$src/models/mnist3.yaml"
expect 0 "a file is rendered"
holds out "units: 7" "with its variables"
cp "$folder/out" "$folder/again.yaml"
run render "$folder/again.yaml"
code=0
cmp -s "$folder/out" "$folder/again.yaml" || code=$?
expect 0 "what is rendered renders to itself"
run summary "$src/models/mnist3.yaml"
holds out "^total  *338453  *368720" "the summary has totals"
run summary --format json --batch 3 "$src/models/mnist3.yaml"
holds out '"parameters": 338453' "the summary is JSON on request"
holds out '"training_bytes": [1-9]' "with the memory of a training step"
rm "$folder/out" "$folder/err" "$folder/again.yaml"
code=$(find "$folder" -type f | wc -l)
expect 0 "nothing else is written"
echo "1..$n"
exit $status
