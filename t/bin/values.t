#!/bin/sh
# Models that learn numbers, not classes: what train, eval and predict tell of them.
. "${top_srcdir:-.}/t/bin/tap.sh"
silent_about() {
    ! grep -q -e "$1" out err
}

is 0 "the autoencoder trains" train "$models/autoencoder.yaml" --runs "$dir" --set data.source=digits \
    --set data.splits.train.limit=500 --set data.splits.test.limit=50 --set train.epochs=8 --set train.batch=16
says out '^test  loss 0\.[0-9]*  mae 0\.[0-9]*  rmse 0\.[0-9]*  r2 0\.[0-9]*' "its errors are told, r2 above 0"
report "it has no accuracy" "accuracy in: $(cat out err)" silent_about accuracy
is 0 "it is measured" eval "$dir/autoencoder"
says out '^rmse  *0\.' "eval tells of rmse"
report "and of no classes" "classes in: $(cat out)" silent_about class
is 0 "it is measured as JSON" eval "$dir/autoencoder" --format json
says out '"r2": 0\.' "JSON tells of r2"
is 0 "it predicts" predict "$dir/autoencoder" --index 2 --draw
report "the image and the one made of it are drawn" "$(wc -l <out) lines" \
    test "$(wc -l <out)" -eq 29
is 0 "it predicts as JSON" predict "$dir/autoencoder" --index 2 --format json
says out '"targets": \[' "with what was to be predicted"

# Values that are too large for a float: pixels that are no numbers.
cat >"$dir/tiny.yaml" <<'END'
cnngraph: 1
data: {source: digits, digits: {train: 20, test: 10}, target: input}
model: {input: {shape: [1, 28, 28]}, layers: [flatten, dense: {units: 784, name: made}]}
loss: mse
optimizer: sgd
train: {epochs: 1, batch: 10}
END
sed -e 's/name: made}/&, mul: {name: square, from: [made, made]}, mul: {from: [square, square]}/' \
    -e 's/target: input/&, scale: 1e9/' "$dir/tiny.yaml" >"$dir/huge.yaml"
is 0 "a small autoencoder trains" train "$dir/tiny.yaml" --runs "$dir"
is 0 "what is no number is not drawn" predict "$dir/huge.yaml" --weights "$dir/tiny/last.safetensors" --index 2 --draw
report "and nothing is left out" "$(wc -l <out) lines" test "$(wc -l <out)" -eq 29
is 0 "it predicts them as JSON" predict "$dir/huge.yaml" --weights "$dir/tiny/last.safetensors" --index 2 --format json
says out null "which has no other word for them"

is 0 "the regression trains" train "$models/regression.yaml" --runs "$dir"
says out '^test  loss 0\.[0-9]*  mae 1\.[0-9]*  rmse 1\.[0-9]*  r2 0\.[89]' "and explains the table"
is 0 "it predicts a number" predict "$dir/regression" --allow-paths --index 0
says out '^ *y  *[0-9.]*  *[0-9.]*$' "under its name, beside what it should be"
is 4 "a table of two numbers is none for it" eval "$dir/regression" --allow-paths --set 'data.csv.label=[y, x10]' \
    --set 'model.input.shape=[9]' --set "data.files.test=$models/data/friedman-test.csv"

finish
