#!/bin/sh
# diff and train --verify: where two runs part, and that they do not.
. "${top_srcdir:-.}/t/bin/tap.sh"

cat >small.yaml <<'END'
cnngraph: 1
name: small
seed: 7
data: {source: digits, digits: {train: 60, test: 30}}
model:
  input: {shape: [1, 28, 28]}
  layers:
    - flatten
    - dense: {name: d, units: 10}
loss: cross_entropy
optimizer: {type: sgd, lr: 0.1}
train: {epochs: 3, batch: 16}
END

# ---- the digest
is 0 "train" train small.yaml --runs a --threads 1
says out '^weights [0-9a-f]\{12\}  ' "tells a digest of the weights"
short=$(sed -n 's/^weights \([0-9a-f]*\) .*/\1/p' out)
is 0 "train, as JSON" train small.yaml --runs b --threads 2 --format json
says out "\"weights\": \"$short[0-9a-f]\{52\}\"" "has all of the same digest"

# ---- verify
is 0 "train --verify" train small.yaml --verify --runs none
says out '^verified: 4 steps' "takes the steps of an epoch"
report "and makes no run" "there is one" test ! -e none
is 0 "train --verify, as JSON" train small.yaml --verify --threads 2 --format json
says out '"threads": \[2, 1\]' "tells the numbers of threads"

# ---- diff
is 0 "diff of equal runs" diff a/small b/small --replay
says out '^model.yaml *the same' "compares the models"
says out '^metrics.jsonl *the same, 3 epochs' "compares the metrics"
says out '^replayed *the same for 12 steps' "replays all steps"
says out '^last.safetensors *the same, 2 tensors' "compares the weights"
is 0 "train at another rate" train small.yaml --runs c --set optimizer.lr=0.05
is 10 "diff of other runs" diff a/small c/small --replay
says out "^model.yaml *line [0-9]*: '.*lr: 0.1.*' and '.*lr: 0.05.*'" "names the line of the model"
says out '^metrics.jsonl *epoch 1: [a-z_]* is [0-9.]* and ' "names the epoch"
says out "^replayed *epoch 1, step 1: 'd.weight', value .* the largest difference" "names step and tensor"
says out "^last.safetensors *'d.weight'" "names the tensor"
is 10 "diff, one step replayed" diff a/small c/small --replay --max-steps 1
is 0 "train longer" train small.yaml --runs d --set train.epochs=4
is 10 "diff of a longer run" diff a/small d/small
says out '^metrics.jsonl *the second has more than 3 epochs' "tells which is longer"
is 10 "diff of weights" diff a/small/last.safetensors c/small/last.safetensors
says out "^weights *'d.weight'" "names the tensor"
is 0 "diff of equal weights" diff a/small/last.safetensors b/small/last.safetensors
rm b/small/best.safetensors
is 10 "diff of a run without its best weights" diff a/small b/small
says out '^best.safetensors *only in a/small' "tells where they are"
is 10 "diff, as JSON" diff a/small d/small --format json
says out '^{"same": false, "parts": \[{"part": "model.yaml", "same": false, "text": "line' "tells where"
says out '{"part": "metrics.jsonl", "same": false, "text": "the second has more than 3 epochs"}' "and what"
is 0 "diff of weights, as JSON" diff a/small/last.safetensors b/small/last.safetensors --format json
says out '^{"same": true, "parts": \[{"part": "weights", "same": true, "text": "the same, 2 tensors"}\]}$' "tells that they are the same"

# ---- nothing to compare, and what cannot be read
mkdir e f g
is 4 "diff of empty folders" diff e f
says err "neither 'e' nor 'f' has model.yaml" "names both"
is 4 "diff of empty folders, as JSON" diff e f --format json
printf '{"epoch":1,"loss":2}\nnonsense\n{"epoch":3}\n' >e/metrics.jsonl
printf '{"epoch":1,"loss":2}\nanything\n' >f/metrics.jsonl
is 4 "diff of metrics that are none" diff e f
says err 'e/metrics.jsonl:2:1: .*JSON object' "names file and line"
lacks out . "calls nothing the same"
printf '{"epoch":1,"loss":2}\n{"epo' >f/metrics.jsonl
printf '{"epoch":1,"loss":2}\n{"epoch":2}' >g/metrics.jsonl
is 0 "diff of metrics whose last lines are torn" diff f g
says out '^metrics.jsonl *the same, 1 epochs' "leaves those out"
is 4 "diff of metrics of which the second are none" diff g e
says err 'e/metrics.jsonl:2:1: ' "names that file"

# ---- replays of what training does beside its steps
is 0 "train from other weights" train small.yaml --runs from --set train.from=a/small --set name=a
is 0 "and from yet others" train small.yaml --runs from --set train.from=c/small --set name=b
is 10 "diff of runs that began with other weights" diff from/a from/b --replay
says out "^replayed *before the first step: 'd.weight'" "tells so"
is 0 "diff of runs that began with the same weights" diff from/a from/a --replay
says out '^replayed *the same for 12 steps' "replays all steps"
is 0 "train with a plateau and early stopping" train small.yaml --runs early --set train.epochs=9 --set optimizer.lr=2 \
    --set 'schedule={type: plateau, patience: 0}' --set 'train.early_stopping={patience: 1}' --set train.validation=0.2
epochs=$(wc -l <early/small/metrics.jsonl)
report "it stops early" "$epochs epochs" test "$epochs" -lt 9
is 0 "diff of a run that stopped early" diff early/small early/small --replay
says out "^replayed *the same for $((epochs * 3)) steps" "replays the steps that it took"
is 2 "diff of a run and a file" diff a/small a/small/last.safetensors
is 2 "diff of one run" diff a/small
is 4 "diff with a run that is not there" diff a/small nowhere
says err "nowhere: No such file" "is told"
finish
