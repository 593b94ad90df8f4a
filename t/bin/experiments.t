#!/bin/sh
# Each experiment is a good model file and takes its first steps on the data that it names.
command=${top_builddir:-.}/cnngraph
models=${top_srcdir:-.}/models/experiments
[ -x "$command" ] || { echo "1..0 # SKIP no command here"; exit 0; }
[ -e "$CNNGRAPH_DATA/mnist/train-images-idx3-ubyte.gz" ] || { echo "1..0 # SKIP MNIST is not here: CNNGRAPH_DATA names no folder that holds it"; exit 0; }
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
n=0
status=0
for model in "$models"/*.yaml; do
    n=$((n + 1))
    name=$(basename "$model" .yaml)
    if "$command" train "$model" --max-steps 2 --runs "$folder" > "$folder/out" 2> "$folder/err" &&
        [ -s "$folder/$name/last.safetensors" ]; then
        echo "ok $n - $name trains"
    else
        echo "not ok $n - $name trains"
        sed 's/^/# /' "$folder/err"
        status=1
    fi
done
echo "1..$n"
exit $status
