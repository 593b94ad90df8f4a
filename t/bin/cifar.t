#!/bin/sh
# The models for CIFAR-10: without it, and on files of its form.
. "${top_srcdir:-.}/t/bin/tap.sh"
unset XDG_CACHE_HOME
CNNGRAPH_DATA=$dir HOME=$dir
export CNNGRAPH_DATA HOME

# ---- not on this machine
for model in cifar-vgg cifar-resnet20; do
    is 4 "$model does not train without the data" train "$models/$model.yaml" --runs "$dir/none"
    says err "'cifar10' is not on this machine.*'cnngraph data fetch cifar10' gets it" "and tells which command fetches them"
done
report "no run is begun" "there is one" test ! -e "$dir/none"
is 0 "bench does without" bench "$models/cifar-resnet20.yaml" --batch 16 --repeats 1 --seconds 0.001
sed -e '/^ *- repeat/d' -e 's/ch: [0-9]*/ch: 2/' -e 's/filters: 16/filters: 2/' "$models/cifar-resnet20.yaml" >"$dir/small.yaml"
is 0 "gradcheck does without, in a small one" gradcheck "$dir/small.yaml"
says err "'cifar10' is not on this machine; random images serve" "and says so"

# ---- files of its form: five of training and one of test, four records each.  A record is a label and 3 x 32 x 32 bytes,
# here of one colour that tells the class.
mkdir "$dir/cifar10"
record() { # CLASS
    printf "\\$(printf %03o "$1")"
    head -c 3072 /dev/zero | tr '\000' "\\$(printf %03o $((25 * $1)))"
}
for file in data_batch_1 data_batch_2 data_batch_3 data_batch_4 data_batch_5 test_batch; do
    for class in 0 3 6 9; do record $class; done >"$dir/cifar10/$file.bin"
done
report "a file has four records" "$(wc -c <"$dir/cifar10/test_batch.bin")" \
    test "$(wc -c <"$dir/cifar10/test_batch.bin")" -eq $((4 * 3073))

is 0 "cifar-resnet20 takes two steps" train "$models/cifar-resnet20.yaml" --set train.batch=8 --max-steps 2 --runs "$dir/runs"
says err "^data: cifar10$" "on these files"
says out "^test accuracy [0-9.]*%  loss [0-9.]*  (cifar10, last weights" "and is tested"
says runs/cifar-resnet20/model.yaml "mean: \[0.44117" "values are normalised by what was measured: 25 (0 + 3 + 6 + 9) / 4 of 255"
is 0 "the run is evaluated" eval "$dir/runs/cifar-resnet20"
says out "^data      cifar10$" "on the same data"
says out "^images    4$" "all four test images of them"
is 0 "cifar-vgg takes a step" train "$models/cifar-vgg.yaml" --set train.batch=4 --max-steps 1 --runs "$dir/runs"

# ---- a file that is missing, or not whole
rm "$dir/cifar10/data_batch_4.bin"
is 4 "a file of the set that is missing" train "$models/cifar-resnet20.yaml" --runs "$dir/none"
says err "data_batch_4.bin is missing" "is named"
head -c 5000 "$dir/cifar10/test_batch.bin" >"$dir/cifar10/data_batch_4.bin"
is 4 "a file that is not whole" train "$models/cifar-resnet20.yaml" --runs "$dir/none"
says err "data_batch_4.bin: 5000 bytes are no whole number of records of 3073" "is told of"

finish
