#!/bin/sh
# cnngraph bench from outside: every model, both modes, the JSON's keys, mistakes.
n=0
failed=0
cnngraph=$top_builddir/cnngraph
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

verdict() { # STATUS NAME
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; failed=1; fi
}

bench() { # ARGUMENT...
    "$cnngraph" bench --repeats 1 --seconds 0.001 "$@" >"$work/out" 2>"$work/err"
    status=$?
    sed 's/^/# /' "$work/err"
    return $status
}

for model in "$top_srcdir"/models/*.yaml; do
    bench --batch 16 "$model" && grep -q 'images/s' "$work/out"
    verdict $? "$(basename "$model") trains"
    bench --mode infer --batch 1 "$model" && grep -q 'images/s' "$work/out"
    verdict $? "$(basename "$model") infers"
done

model=$top_srcdir/models/deeper.yaml
bench --format json --batch 16 --threads 2 --isa portable "$model"
verdict $? "it reports as JSON"
for key in '"model":"deeper"' '"mode":"train"' '"batch":16' '"threads":2' '"isa":"portable"' '"images_per_s":{"median":' \
    '"min":' '"max":' '"gflops":' '"percent_of_peak":' '"peak_bytes":'; do
    grep -qF "$key" "$work/out"
    verdict $? "with $key"
done
test "$(wc -l <"$work/out")" -eq 1
verdict $? "in one line"

bench --profile --batch 16 "$model" && grep -q 'conv2d_1.*conv2d max_pool2d add relu' "$work/out"
verdict $? "a profile names the steps that run together, and their layer"

bench --profile --batch 16 "$top_srcdir/models/cifar-resnet20.yaml" && grep -q 'conv2d.* \.\.\. [0-9]* more$' "$work/out" &&
    awk 'length > 132 { exit 1 }' "$work/out"
verdict $? "a row of many steps is cut"

cat >"$work/diverges.yaml" <<'END'
cnngraph: 1
model:
  input: {shape: [1, 8, 8]}
  layers: [flatten, {dense: {units: 64, init: {normal: {std: 1e30}}}}, {dense: {units: 4, init: {normal: {std: 1e30}}}}]
loss: mse
optimizer: sgd
train: {epochs: 1, batch: 16}
END
bench "$work/diverges.yaml"
test $? -eq 5
verdict $? "a loss that is not finite is no measure"

bench --mode sleep "$model"
test $? -eq 2
verdict $? "an unknown mode is a mistake of usage"
bench --seconds soon "$model"
test $? -eq 2
verdict $? "so is a time that is no number"
bench --isa mmx "$model"
test $? -eq 2
verdict $? "and an unknown instruction set"
bench "$work/none.yaml"
test $? -eq 4
verdict $? "a file that is not there is missing data"

echo "1..$n"
exit $failed
