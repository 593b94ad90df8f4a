#!/bin/sh
# cnngraph data: what a set holds, and that it is the same in every format.
. "${top_srcdir:-.}/t/bin/tap.sh"
has() { "$cnngraph" doctor | grep -q "^library *$1 *yes"; }

# Three images of 2 x 3, the last as the first; labels 1, 0, 1.
printf '\000\000\010\003\000\000\000\003\000\000\000\002\000\000\000\003abcdefABCDEFabcdef' >a.idx
printf '\000\000\010\001\000\000\000\003\001\000\001' >a-labels.idx

is 0 "info of an IDX file" data info a.idx
says out "^shape     1x2x3" "tells the shape"
says out "^all: 3 samples" "counts samples"
says out "class *1 *2$" "and those of each class"
says out "range *0.254902 to 0.4$" "tells the range"
says out "duplicates: 1 of all come again in all, as all\[2\] = all\[0\]" "finds what is there twice"
is 0 "info as JSON" data info a.idx --format json
says out '"samples": 3' "has the count"

cat >m.yaml <<'END'
cnngraph: 1
data: {source: digits, digits: {train: 40, test: 20}, splits: {train: {from: train}, some: {from: train, slice: [5, 9]}, test: {from: test}}}
model: {input: {shape: [1, 28, 28]}, layers: [flatten, dense: {units: 10}]}
loss: cross_entropy
optimizer: sgd
train: {epochs: 1, batch: 10}
END
is 0 "info of a model" data info m.yaml
says out "^test: 20 samples" "tells of each split"
says out "duplicates: 4 of some are in train" "and of samples that are in two"
report "no other" "$(grep -c dup out) lines" test "$(grep -c duplicates out)" -eq 1

# ---- there and back again: the bytes of the images, and their labels
way="a.npy a.csv b.idx"
if has zip; then way="a.npy a.npz a.csv b.idx"; fi
last=a.idx
for to in $way; do
    if [ $last = a.csv ]; then
        is 0 "convert $last to $to" data convert $last $to --label label --shape 1,2,3
    else
        is 0 "convert $last to $to" data convert $last $to
    fi
    last=$to
done
if has zip; then
    when=$(od -An -tx1 -j10 -N4 a.npz)
    report "an archive does not tell when it was made" "$when" test "$when" = " 00 00 21 00"
fi
report "the images came back as they were" "they differ" cmp -s a.idx b.idx
report "and their labels" "they differ" cmp -s a-labels.idx b-labels.idx
is 4 "what is there is not written over" data convert a.idx a.npy
says err "a.npy: there already" "but told"
if has png; then
    is 0 "convert to a folder" data convert a.idx set
    report "sorts images by class" "$(ls set/*)" test "$(ls set/1 | wc -l)" -eq 2
    is 0 "convert to a folder that a slash follows" data convert a.idx slashed/
    report "is no other folder" "$(ls -a slashed)" diff -r set slashed
    is 0 "info of a folder" data info set
    says out "class *0 *1$" "counts the classes"
    mkdir begun.tmp && echo mine >begun.tmp/file
    is 4 "a folder beside it that is another's" data convert a.idx begun
    says err "begun.tmp: left by another conversion" "it is told which"
    report "which stays" "" test -f begun.tmp/file -a ! -e begun
    rm -r begun.tmp
    is 4 "a folder in one that is not there" data convert a.idx none/set
    is 0 "convert a folder" data convert set c.csv
    says c.csv '^97,98,99,100,101,102,"1"$' "holds the same bytes"
fi

# ---- real values, names
printf 'w,kind\n0.5,cat\n-1.25,"a ""dog"""\n' >r.csv
is 0 "convert names" data convert r.csv r2.csv --label kind
says r2.csv '^-1.25,"a ""dog"""$' "keeps them"
is 4 "real values into bytes" data convert r.csv r.idx --label kind
says err "no real values" "are refused"
is 4 "a mistake in a CSV file" data info r.csv
says err "r.csv:2:5: .*'cat' is no finite number" "is told with line and column"
printf '1,2,7.5\n3,4,8.5\n' >v.csv
is 0 "info of target values" data info v.csv --label -1 --values
says out "^targets   1" "tells how many"
is 4 "a folder that is not there" data convert r.csv none/r.npy --label kind
report "nothing half-written is left" "$(ls)" sh -c '! ls | grep -e tmp -e r.idx'

# ---- names that are not UTF-8, and labels that the model file renumbers
printf 'w,kind\n1,\351t\351\n2,zoo\n' >latin.csv
is 0 "info of names in Latin-1" data info latin.csv --label kind
says out "class *zoo *1$" "keeps names and counts together"
says out "class *?t? *1$" "and tells what it can of them"
is 0 "info of a model that keeps two classes" data info m.yaml --set 'data.classes=[3, 5]'
says out "class *5 *4$" "calls them as the files do"

# ---- fetch
is 2 "fetch of an unknown set" data fetch imagenet
says err "mnist, fashion-mnist, cifar10, cifar100" "names those that there are"
if has curl; then
    mkdir server && echo "an apology" >server/train-images-idx3-ubyte.gz
    is 4 "fetch of a file that is another" data fetch mnist --to here --from "file://$PWD/server"
    says err "MD5 sum is not f68b3c2dcbeaaa9fbdd348bbdeb94873" "tells the sum that it should have"
    report "keeps nothing of it" "$(ls here)" test -z "$(ls here)"
    echo precious >other && ln -s ../other here/train-images-idx3-ubyte.gz.part
    is 4 "fetch into a link" data fetch mnist --to here --from "file://$PWD/server"
    says err "here/train-images-idx3-ubyte.gz.part: a link" "is refused"
    report "what it leads to stays" "$(cat other)" test "$(cat other)" = precious
    rm here/*
    is 4 "fetch from where nothing is" data fetch mnist --to here --from "file://$PWD/nowhere"
else
    is 9 "fetch in a build without libcurl" data fetch mnist --to here
fi
is 2 "a shape of too many axes" data convert r.csv r8.npy --label kind --shape 1,1,1,1,1,1,1,1
is 2 "labels of a file that holds its own" data info r.csv --label kind --labels y.npy
says err "\-\-labels says nothing of r.csv" "are told of"
is 2 "a key of no model" data info a.idx --set seed=1
is 2 "a label column of a model" data info m.yaml --label kind
is 2 "convert --to" data convert a.idx --to b.npy
is 2 "an unknown word" data forget a.idx
is 2 "info of two" data info a.idx a.npy
is 2 "fetch of two" data fetch mnist cifar10
says err "fetch takes one operand" "tells that it is one too many"

finish
