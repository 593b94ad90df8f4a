#!/bin/sh
# Several labels an image, each there or not: from a CSV file to the scores of each column.
. "${top_srcdir:-.}/t/bin/tap.sh"

# table FILE SEED ROWS: four numbers within 0 and 1, and three marks, of which one is rare and
# one has a name that would command the terminal
table() {
    LC_ALL=C awk -v s="$2" -v rows="$3" '
        function draw() { s = (s * 16807) % 2147483647; return s / 2147483647 } # Park and Miller 1988
        BEGIN {
            print "a,warm,b,far,c,d,\033odd"
            for (i = 0; i < rows; i++) {
                a = draw(); b = draw(); c = draw(); d = draw()
                printf "%.6f,%d,%.6f,%d,%.6f,%.6f,%d\n", a, (a + b > 1), b, (c > 0.85), c, d, (d > a)
            }
        }' >"$dir/$1"
}
table train.csv 1 240
table test.csv 99 80
cat >"$dir/marks.yaml" <<'END'
cnngraph: 1
name: marks
data:
  format: csv
  files: {train: train.csv, test: test.csv}
  csv: {label: [warm, far, 6]}
  target: values
model: {input: {shape: [4]}, layers: [dense: {units: 3}]}
loss: {type: bce_with_logits, pos_weight: balanced}
optimizer: {type: adam, lr: 0.1}
train: {epochs: 40, batch: 16}
END

is 0 "a model of several labels trains" train "$dir/marks.yaml" --runs "$dir"
says out '^test  loss 0\.[0-9]*  hits 0\.9[0-9]*  exact 0\.[0-9]*  mark_f1 0\.[89]' "and finds them in other rows"
says marks/model.yaml '^loss: .* pos_weight: \[0\.967[0-9]*, 7, 1\.18[0-9]*\]}$' "its run keeps what a rare mark counts, zeros / ones"
tested=$(sed -n 's/^test  loss \([0-9.]*\) .*/\1/p' out)

is 0 "it is measured" eval "$dir/marks" --allow-paths --weights "$dir/marks/last.safetensors"
says out "^loss  *$tested" "with the loss that training told"
says out '^  column  precision  recall      F1  support$' "column by column"
says out '^    warm     [01]\.[0-9]*  0\.9[0-9]*  0\.9' "under the names of the file"
says out '^    ?odd  ' "each on its line"
lacks out "$(printf '\033')" "and of that alone"
is 0 "it is measured by the model file" eval "$dir/marks.yaml" --weights "$dir/marks/last.safetensors"
says out "^loss  *$tested" "with the same loss, for the weights are balanced anew"
is 0 "it is measured as JSON" eval "$dir/marks" --allow-paths --format json
says out '"support": [0-9]*,$' "with the scores of the columns"
says out '"name": "\\u001Bodd"' "and their whole names"

is 0 "it predicts" predict "$dir/marks" --allow-paths --index 0
says out '^test\[0\]:  column  predicted  mark  target$' "a mark for each column"
says out '^     far  *-*[0-9.]*     [01]  *[01]$' "beside what is true"
lacks out "$(printf '\033')" "the terminal is not commanded here, either"
is 0 "it predicts as JSON" predict "$dir/marks" --allow-paths --index 0 --format json
says out '"marks": \[' "with the marks"

is 0 "one weight serves all columns" train "$dir/marks.yaml" --runs "$dir" --set loss.pos_weight=3 --set train.epochs=1
is 4 "a column that is never 1 cannot be balanced" train "$dir/marks.yaml" --runs "$dir" \
    --set 'data.splits={train: {from: train, limit: 2}}'
says err 'marks.yaml:9:43: pos_weight: balanced: the training data have no 1 in column' "and the place is told"

finish
