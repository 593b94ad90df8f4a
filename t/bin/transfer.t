#!/bin/sh
# Beginning with what another run has learnt: models/transfer.yaml, as its head says.
. "${top_srcdir:-.}/t/bin/tap.sh"
model=$models/transfer.yaml
# accuracy: of the test, in hundredths of a percent
accuracy() { sed -n 's/^test accuracy \([0-9]*\)\.\([0-9]*\)%.*/\1\2/p' out; }

few='vars={classes: [5, 6, 7, 8, 9], images: 10, head: high, frozen: true}'
is 0 "five digits are learnt" train "$model" --set data.source=digits --set data.digits.train=3000 --set data.digits.test=1000 \
    --set vars.images=250 --set train.epochs=4
is 0 "and five others, from ten images each" train "$model" --set data.source=digits --set name=high --set train.from=runs/low --set "$few"
says err "^weights: 6 of 8 parameters and states are from .*/runs/low/best.safetensors; new: high.weight, high.bias; left there: low.weight, low.bias$" \
    "what is new is told"
says runs/high/model.yaml "from: $dir/runs/low[,}]*" "the run tells what it began with"
tuned=$(accuracy)
is 0 "the same without" train "$model" --set data.source=digits --set name=alone --set "$few" --set vars.frozen=false
report "which learns less" "$tuned against $(accuracy)" test "$tuned" -gt "$(accuracy)"
is 0 "the run is evaluated" eval runs/high
is 0 "and resumed" train --resume runs/high --set train.epochs=9
report "without a word about weights" "$(cat err)" sh -c '! grep -q "^weights" err'

# ---- mistakes
is 4 "weights that are not there" train "$model" --set data.source=digits --set train.from=runs/none --runs none
says err "^cnngraph: --set #2:1:12: .*train: from: .*runs/none" "are told of, with the place"
is 7 "weights of which nothing fits" train "$model" --set data.source=digits --set train.from=runs/low --runs none \
    --set 'model.layers=[flatten, {dense: {name: d, units: 5}}]' --set 'vars={classes: [0, 1, 2, 3, 4], images: 10}'
says err "here: d.weight (5x784 here, 64x512 there), d.bias (5 here, 64 there); there: c1.weight" "both sides are told"
report "no run is begun" "there is one" test ! -e none

finish
