#!/bin/sh
# The command: help, exit codes, misspelt words, and a run from training to prediction.
. "${top_srcdir:-.}/t/bin/tap.sh"

cat >small.yaml <<'END'
cnngraph: 1
name: small
seed: 7
data:
  source: digits
  digits: {train: 500, test: 300}
  classes: [3, 5, 8]
  splits:
    train: {from: train, limit: 60}
    test: {from: test, limit: 30}
model:
  input: {shape: [1, 28, 28]}
  layers:
    - flatten
    - dense: {units: 16}
    - relu
    - dense: {units: 3}
    - softmax
loss: cce
optimizer: {type: sgd, lr: 0.1, momentum: 0.9}
train: {epochs: 30, batch: 16}
END

# ---- help and mistakes
is 0 "--help" --help
says out "train " "the help lists the verbs"
is 0 "help" help
says out "train " "is the same"
is 0 "help VERB" help bench
says out "usage: cnngraph bench" "tells the verb's usage"
is 2 "help of an unknown verb" help trian
says err "did you mean 'train'" "is answered with the near one"
is 0 "--version" --version
is 2 "no verb is a mistake"
is 2 "so is an unknown verb" trian
says err "did you mean 'train'" "which is answered with the near one"
for verb in train eval predict graph ops doctor; do
    is 0 "$verb --help" $verb --help
    says out "usage: cnngraph $verb" "$verb --help tells its usage"
    is 2 "$verb refuses an unknown option" $verb --no-such-option
done
is 2 "a misspelt option" train --theads 2 small.yaml
says err "did you mean '--threads'" "is answered with the near one"
is 2 "a number that is none" train --threads two small.yaml
for option in --threads --max-steps; do
    is 2 "$option 0" train $option 0 small.yaml
    says err "$option must be at least 1, not 0" "is not taken for the default"
done
is 2 "--batch 0" summary --batch 0 small.yaml
is 2 "a value that is missing" train small.yaml --threads
is 2 "a choice that is none" train --format xml small.yaml
is 2 "a model that is missing" train
is 2 "an operand too many" train small.yaml small.yaml
is 3 "a mistake in the model file" train small.yaml --set optimizer.lr=fast --runs runs
is 2 "an unknown op" ops sigmod
says err "did you mean 'sigmoid'" "is answered with the near one"
is 4 "more images than there are" train small.yaml --set data.splits.train.limit=151 --runs runs
says err "limit is 151, but there are 150 images" "tells how many there are"
report "a mistake makes no run folder" "runs is there" test ! -e runs

# ---- ops, graph, doctor
is 0 "ops NAME" ops conv2d
says out "stride" "tells the attributes"
is 0 "ops as Markdown" ops --format markdown
says out "^## matmul" "has a section for each op"
is 0 "doctor" doctor
says out "chosen" "doctor tells the chosen tier"
is 0 "graph" graph small.yaml --batch 2
says out "matmul" "tells the nodes"
is 0 "graph --mode step" graph small.yaml --mode step
says out "sgd.velocity" "has the optimiser's state"
is 0 "graph as DOT" graph small.yaml --format dot --mode backward
says out "^digraph" "is a digraph"
is 0 "graph --after stabilise" graph small.yaml --after stabilise
says out "softmax_cross_entropy" "shows the stable loss"
is 2 "graph --after an unknown pass" graph small.yaml --after nothing

# ---- training, evaluating, predicting
is 0 "train" train small.yaml --threads 1
says out "^test accuracy [0-9.]*%" "ends with the test accuracy"
says err "^epoch 30/30" "tells of each epoch"
says err "^data: digits" "tells the data"
report "no live line without a terminal" "a carriage return" sh -c '! grep -q "$(printf "\r")" err'
is 0 "train for one epoch" train small.yaml --set train.epochs=1 --runs once
says out "(digits, last weights, 1 epoch)$" "counts it as one"
is 0 "train with metrics" train small.yaml --set 'metrics=[f1, top2]' --set 'data.splits.train={from: train}' --set train.epochs=2 --set train.validation=0.2 --runs metrics
says err "val_accuracy [0-9.]*%  val_f1 0\.[0-9]*  val_top2 [01]\.[0-9]*  lr" "shows them after each epoch"
says out "^test accuracy .*  f1 0\.[0-9]*  top2 [01]\.[0-9]*  (digits" "and at the end"
is 0 "train with metrics, as JSON" train small.yaml --set 'metrics=[f1]' --set train.epochs=2 --runs metrics --format json
says out '"test_f1": 0\.[0-9]' "has them too"
says out '"best_epoch": [12]' "has the best epoch"
is 0 "train a run whose last weights are not the best" train small.yaml --set optimizer.lr=3 --set train.epochs=3 --runs metrics
says out "^run: .*(best weights: epoch [12], which eval takes)" "says which are"
is 0 "train again" train small.yaml --threads 2
report "the same bytes on two threads" "they differ" cmp -s runs/small/last.safetensors runs/small-2/last.safetensors
is 0 "train --profile" train small.yaml --runs traced --max-steps 5 --profile trace.json
says trace.json '"ph": "X".*"tid": 2' "writes when batches were loaded"
is 4 "train --profile into no folder" train small.yaml --runs untraced --profile none/trace.json
says err "none/trace.json" "names the file"
is 0 "a step of training" train small.yaml --runs early --max-steps 1
is 0 "eval of a run within its first epoch" eval early/small
says err '^weights: there is no best.safetensors, .*; early/small/last.safetensors serves$' "says so"
is 0 "eval of a run" eval runs/small
lacks err "no best.safetensors" "which has finished some epochs"
says out "^weights .*best.safetensors  (the best of the run)$" "says which weights it takes"
says out "macro" "has the table of classes"
says out "^data      digits$" "names the set that it measured on"
is 0 "eval as JSON" eval small.yaml --run runs/small --format json
says out '"accuracy"' "has the accuracy"
says out '"calibration": {' "has the calibration"
says out '"weighted": {' "has the averages weighted by support"
report "15 bins of it" "$(grep -c up_to out)" test "$(grep -c '"up_to"' out)" -eq 15
says out '"mistakes": \[' "has the mistakes"
is 0 "eval of a model that has learnt little" eval once/small
says out "^ *[0-9]*  *[358]  *[358]  *0\.[0-9]*$" "lists its most confident mistakes"
is 0 "eval of weights" eval small.yaml --weights runs/small/last.safetensors --split train
says out "^images    60" "evaluates the split asked for"
is 2 "eval of an unknown split" eval runs/small --split trian
is 2 "eval of a file without weights" eval small.yaml
is 7 "eval with weights of another model" eval small.yaml --set 'model.layers[1].dense.units=17' --weights runs/small/last.safetensors
says err "dense_1.weight" "names the first difference"
head -c 500 runs/small/last.safetensors >cut.safetensors
is 7 "eval with a truncated checkpoint" eval small.yaml --weights cut.safetensors
is 7 "eval with weights that are a text" eval small.yaml --weights small.yaml
says err "small.yaml: not a safetensors file.*it begins with 'cnngraph: 1'" "says what it is not"
is 0 "predict" predict runs/small --index 0,1
says out "test\[1\]: class [358]," "tells the class by its first name"
sed -e '/- softmax/d' -e 's/loss: cce/loss: cross_entropy/' small.yaml >logits.yaml
is 0 "train to logits" train logits.yaml --runs logits --max-steps 3
is 0 "predict from logits" predict logits/small --index 0
report "tells probabilities, which sum to 1" "$(cat out)" \
    test "$(awk 'NR > 1 { sum += $2; low = low || $2 < 0 } END { printf "%.3f %d", sum, low }' out)" = "1.000 0"
is 0 "predict from logits, as JSON" predict logits/small --index 0 --format json
says out '"probabilities"' "has them beside the outputs"
is 2 "predict beyond the split" predict runs/small --index 99
{ printf 'P5\n28 28\n255\n'; head -c 784 /dev/zero; } >black.pgm
is 0 "predict of a file" predict runs/small black.pgm --draw
says out "black.pgm: class" "tells the class"
latin=$(printf 'n\351gre.pgm') && cp black.pgm "$latin"
is 0 "predict of a file whose name is no UTF-8, as JSON" predict runs/small "$latin" --format json
says out '"image": "n?gre.pgm"' "leaves no image out"

# ---- augmentation
is 0 "augment" augment small.yaml --set 'data.augment=[rotate: {degrees: 30}]' --image 3 --epochs 10 --out look.pgm
report "two rows of tiles" "$(head -c 14 look.pgm)" test "$(head -n 2 look.pgm | tail -n 1)" = "232 58"
is 0 "augment without augmentation" augment small.yaml --image 3 --epochs 1 --out plain.pgm
report "every epoch sees the image as it is" "they differ" sh -c \
    'tail -n +4 plain.pgm | od -An -v -tu1 -w58 | awk "{ for (i = 1; i < 29; i++) if (\$i != \$(i + 29)) exit 1 }"'
is 2 "augment beyond the split" augment small.yaml --image 60 --out look.pgm
is 2 "augment into nothing" augment small.yaml
is 4 "augment into no folder" augment small.yaml --out none/look.pgm

# ---- paths: a run knows its files wherever it is, and wherever the command is called
mkdir -p models/data elsewhere
{ printf '\000\000\010\003\000\000\000\002\000\000\000\034\000\000\000\034'
    head -c 784 /dev/zero; head -c 784 /dev/zero | tr '\000' '\377'; } >models/data/x.idx
printf '\000\000\010\001\000\000\000\002\000\001' >models/data/t.idx
sed -e 's/^name: .*/name: files/' -e '/digits/d' -e '/classes/d' -e 's/limit: [0-9]*/limit: 2/' \
    -e 's|^data:|&\n  format: idx\n  images: {train: data/x.idx, test: ./data/x.idx}\n  labels: {train: data/t.idx, test: data/t.idx}|' \
    small.yaml >models/files.yaml
is 0 "train on files named from the model's folder" train models/files.yaml
report "the run holds their full paths" "$(grep train: runs/files/model.yaml)" \
    grep -q "train: $PWD/models/data/x.idx" runs/files/model.yaml
mv runs/files elsewhere/moved
cd elsewhere || exit 1
is 4 "a run that was moved, called from elsewhere, may be a stranger's" eval moved
is 0 "it is evaluated if the user says so" eval moved --allow-paths
is 0 "and again with a path set from the current folder" eval moved --allow-paths \
    --set data.images.test=../models/data/x.idx
cd .. || exit 1
for folder in a:b "a, [b] {c}: 'd' \"e\" &f" '${x} $${y}'; do
    mkdir "$folder"
    cp -R models/data models/files.yaml "$folder"
    is 0 "train in a folder called $folder" train "$folder/files.yaml" --runs "$folder" --max-steps 1
    is 0 "and go on there" train --resume "$folder/files"
done
sed '/^name:/d' small.yaml >'${x} $${y}.yaml'
is 0 "a file without a name is called as it is" render '${x} $${y}.yaml'
says out '^name: [$][$]{x} [$][$][$]{y}$' "no variable is looked for in that" # "${" is written "$${"
name=$(printf 'x\033[31my.yaml')
echo "a: 1" >"$name"
is 3 "a mistake in a file whose name commands terminals" check "$name"
says err '^x?.31my.yaml:1:1: error: model file: unknown key' "does not do so"
latin=$(printf 'caf\351')
if mkdir "$latin" 2>err; then
    cp models/files.yaml "$latin"
    is 3 "train in a folder whose name no model file can tell" train "$latin/files.yaml" --runs latin
    says err "files.yaml:[0-9:]* error: the path of 'data/x.idx' begins with /.*/caf?/, which has control" "says why"
    mv "$latin/files.yaml" "$latin.yaml"
    sed -i '/^name:/d' "$latin.yaml"
    is 3 "nor can a file without a name be called so" check "$latin.yaml"
    says err 'name: "caf?" has control characters or is not UTF-8' "says why"
    report "nothing is made" "latin is there" [ ! -e latin ]
else
    n=$((n + 1))
    echo "ok $n # SKIP the file system has no name that is not UTF-8"
fi
{ printf '\000\000\010\003\000\000\000\002\000\000\000\100\000\000\000\100'; head -c 8192 /dev/zero; } >large.idx
larger='--set data.images.train=large.idx --set data.images.test=large.idx'
for verb in "predict elsewhere/moved --index 0" "gradcheck models/files.yaml" "eval elsewhere/moved"; do
    is 4 "${verb%% *} on images that are too large" $verb $larger
    says err "images are 1x64x64, the model takes 1x28x28" "tells both sizes"
done

# ---- colour images, and no images at all
sed -e '/^data:/,/^model:/{/^model:/!d;}' -e 's/\[1, 28, 28\]/[3, 2, 2]/' small.yaml >colour.yaml
{ printf '\000\000\010\004\000\000\000\002\000\000\000\003\000\000\000\002\000\000\000\002'
    head -c 24 /dev/zero; } >colour.idx
is 0 "train on colour images" train colour.yaml --runs colour --max-steps 2 \
    --set 'data={format: idx, images: {train: colour.idx}, labels: {train: models/data/t.idx}, splits: {train: {from: train}}}'
is 3 "train without data" train colour.yaml --runs none
says err 'colour.yaml:1:1: "data" is missing.*data: {source: mnist}' "says what is missing, and how it looks"
is 0 "bench does without" bench colour.yaml --repeats 1 --seconds 0.001

# ---- names: that of the file serves where it says none, and a run keeps it
sed -e '/^name:/d' small.yaml >v1.2.yaml
is 0 "train a file without a name" train v1.2.yaml --max-steps 1 --runs named
says named/v1.2/model.yaml "^name: v1.2$" "the run is called as the file"
says out "^run: named/v1.2$" "without an epoch there are no best weights"
mv named/v1.2 named/other
is 0 "a run that was renamed" render named/other
says out "^name: v1.2$" "still knows its model's name"

# ---- stopping and going on
is 0 "train --max-steps" train small.yaml --max-steps 7 --runs other
says out "^to go on: cnngraph train --resume other/small$" "a run that is not at its end says so"
is 0 "in a folder whose name a shell would cut" train small.yaml --max-steps 7 --runs "it's here"
says out "^to go on: cnngraph train --resume 'it'.*'s here/small'$" "the name is quoted"
report "as a shell undoes it" "$(cat out)" sh -c "\"\$1\" $(sed -n 's/^to go on: cnngraph //p' out) --max-steps 1 >out2 2>&1" - "$cnngraph"
mkdir other/small-2
is 0 "train --resume, where a newer run never began" train small.yaml --resume --runs other
report "a run that is at its end says nothing of it" "$(cat out)" sh -c '! grep "to go on" out'
report "gives the same bytes" "they differ" cmp -s runs/small/last.safetensors other/small/last.safetensors
is 0 "train for fewer epochs" train small.yaml --set train.epochs=4 --runs longer
is 0 "resume for more" train --resume longer/small --set train.epochs=30
report "gives the same bytes" "they differ" cmp -s runs/small/last.safetensors longer/small/last.safetensors
is 7 "resume for fewer than are done" train --resume longer/small --set train.epochs=29
says err "has done 30 epochs, more than the 29 asked for" "is told"
is 7 "resume with another model" train small.yaml --set seed=8 --resume runs/small
cp -R runs/small lost && rm lost/last.safetensors
is 7 "resume of a run whose weights are gone" train --resume lost
report "loses nothing of it" "its metrics were cut" cmp -s runs/small/metrics.jsonl lost/metrics.jsonl
mkdir begun
is 4 "resume of a run that never began" train --resume begun
says err "begun/model.yaml is missing: this is no run's folder, or its run never began" "is told"
mkdir weightless
is 7 "eval of a run without weights" eval weightless
says err "weightless has no weights: neither" "is told"
is 4 "eval of a run that is not there" eval nowhere
says err "nowhere: No such file" "is told"
is 4 "eval with the weights of a run that is not there" eval small.yaml --run nowhere
is 2 "resume of no run" train small.yaml --resume --runs nowhere
is 5 "a loss that is not finite" train small.yaml --set optimizer.lr=1e37 --runs bad
says err "small.yaml:[0-9]*:[0-9]*: .*finite" "is told with the place"

printf 'a,y\n1,1\n2,2\n' >near.csv
printf 'a,y\n3e38,1\n3e38,2\n' >far.csv
cat >far.yaml <<'END'
cnngraph: 1
data: {format: csv, files: {train: near.csv, test: far.csv}, csv: {label: y}, target: values}
model: {input: {shape: [1]}, layers: [dense: {units: 1}]}
loss: mse
optimizer: {type: sgd, lr: 0.01}
train: {epochs: 1, batch: 2}
END
is 0 "a test whose loss is not finite" train far.yaml --runs far
says out "^test  loss inf" "is told"
is 0 "and so it is" train far.yaml --runs far --format json
says out '"test_loss": null' "in JSON"

"$cnngraph" train small.yaml --set train.epochs=100000 --runs long >out 2>err &
child=$!
tries=0
until grep -q "^epoch 2/" err || [ $tries -ge 100 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -TERM $child
wait $child
code=$?
report "SIGTERM ends training with 130" "exit $code" test $code -eq 130
report "and the checkpoint is there" "it is not" test -s long/small/last.safetensors
is 0 "which can be taken up" train --resume long/small --max-steps 3

finish
