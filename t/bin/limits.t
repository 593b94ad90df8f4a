#!/bin/sh
# Files of strangers: what claims more than there is room for is refused before it is taken, in an
# address space that could not hold it; and no file of a model leads out of the folders that are
# meant for data.
. "${top_srcdir:-.}/t/bin/tap.sh"
unset CNNGRAPH_DATA

# A sanitizer's own memory is no concern of these limits.
can_limit() { (ulimit -v 1000000 && "$cnngraph" --version) >out 2>&1; }
# within CODE NAME ARGUMENT...: the same in 1 GB of address space, and without work that hardly ends
within() {
    if can_limit; then
        ulimit_first='ulimit -v 1000000 -t 20 2>/dev/null || ulimit -v 1000000;'
    else
        ulimit_first=
    fi
    expected=$1 name=$2
    shift 2
    (eval "$ulimit_first"; exec "$cnngraph" "$@" >out 2>err </dev/null)
    code=$?
    report "$name" "exit $code, not $expected: $(head -c 300 err)" test $code -eq "$expected"
}
has() { "$cnngraph" doctor | grep -q "^library *$1 *yes"; }

# model DATA LAYERS: a model file
model() {
    cat <<END
cnngraph: 1
data: $1
model: {input: {shape: [1, 28, 28]}, layers: [$2]}
loss: cross_entropy
optimizer: adam
train: {epochs: 1, batch: 10}
END
}
digits='{source: digits, digits: {train: 40, test: 20}}'

# ---- programs
model "$digits" 'flatten, repeat: {times: 500, layers: [dense: {units: 11000}]}, dense: {units: 10}' >wide.yaml
within 0 "a model of 6 * 10^10 parameters can be looked at" check wide.yaml
model "$digits" 'conv2d: {filters: 4096, kernel: 1}, repeat: {times: 2000, layers: [depthwise_conv2d: {kernel: 1}]},
  global_avgpool, dense: {units: 10}' >deep.yaml
within 8 "one that computes 10^12 bytes is not trained" train deep.yaml --set train.batch=40
says err "would take [0-9.]* MB of memory, and [0-9.]* MB are left" "tells what it would take, and what it may"
report "makes no run" "$(ls)" test ! -e runs
model "$digits" 'flatten, dense: {units: 10}' >small.yaml
is 8 "a small model in less memory than it takes" train small.yaml --max-memory 100K
says err "max-memory" "names the option"
is 0 "and in enough" train small.yaml --max-memory 64M
is 8 "evaluates in no less" eval runs/small --max-memory 100K
is 0 "and in enough" eval runs/small --max-memory 64M
is 8 "benchmarks in no less" bench small.yaml --max-memory 100K --batch 1024
is 2 "a size that is none" train small.yaml --max-memory much
says err "as in 512M or 4G" "tells how one is written"
is 2 "a size of nothing" train small.yaml --max-memory 0

# ---- data
# npy SHAPE: the header of an array of bytes
npy() {
    text="{'descr': '|u1', 'fortran_order': False, 'shape': $1, }"
    printf '\223NUMPY\001\000\166\000%-117s\n' "$text"
}
{ npy '(4000, 1024, 1024)'; head -c 1000 /dev/zero; } >claims.npy
within 8 "an array that claims 4 GB" data info claims.npy
says err "claims.npy would take 4194.3 MB" "names it"
{ npy '(1152921504606846976,)'; echo; } >sixty.npy
within 4 "an array that claims 2^60 elements" data info sixty.npy
printf '\000\000\010\003\000\000\017\240\000\000\004\000\000\000\004\000' >head.idx
{ cat head.idx; head -c 20000000 /dev/zero; } | gzip >bomb.idx.gz
within 8 "images in gzip that claim 4 GB" data info bomb.idx.gz
{ npy '(30, 1024, 1024)'; head -c 31457280 /dev/zero; } >zeros.npy
is 8 "30 MB in 20" data info zeros.npy --max-memory 20M
is 0 "and in 200" data info zeros.npy --max-memory 200M
{ echo x,y; yes 1,2 | head -n 500000; } >long.csv
is 8 "a long CSV file in 1 MB" data info long.csv --max-memory 1M
model '{source: digits, digits: {train: 10000000, test: 20}}' 'flatten, dense: {units: 10}' >many.yaml
within 8 "ten million drawn digits" train many.yaml

# ---- pictures
printf 'P5 60000 60000 255\n\001' >huge.pgm
within 4 "a picture of 60000 x 60000" predict runs/small huge.pgm

# ---- paths
mkdir -p mine theirs/data
printf '\000\000\010\003\000\000\000\002\000\000\000\034\000\000\000\034' >mine/x.idx
head -c 1568 /dev/zero >>mine/x.idx
printf '\000\000\010\001\000\000\000\002\001\000' >mine/t.idx
cp mine/*.idx theirs/data
# of FOLDER: a model that names files there
of() {
    model "{format: idx, images: {train: $1/x.idx}, labels: {train: $1/t.idx}, splits: {train: {from: train}}}" \
        'flatten, dense: {units: 2}'
}
of data >theirs/good.yaml
is 0 "files beside the model file" data info theirs/good.yaml
of "$PWD/theirs/data" >theirs/full.yaml
is 0 "also by their full paths" data info theirs/full.yaml
of ./data/../data/ >theirs/around.yaml
is 0 "and around a corner" data info theirs/around.yaml
of ../mine >theirs/up.yaml
is 4 "files above the model file's folder" data info theirs/up.yaml
says err "theirs/up.yaml:2:[0-9]*: .*/mine/x.idx' is outside the model file's folder" "has a place"
says err "allow-paths" "and a way out"
is 4 "nor does train read them" train theirs/up.yaml
is 0 "which is taken" data info theirs/up.yaml --allow-paths
of "$PWD/mine" >theirs/elsewhere.yaml
is 4 "files by their full paths elsewhere" data info theirs/elsewhere.yaml
CNNGRAPH_DATA=$PWD/mine
export CNNGRAPH_DATA
is 0 "but not in the data folder" data info theirs/elsewhere.yaml
CNNGRAPH_DATA=$PWD/min
is 4 "whose name must be the whole" data info theirs/elsewhere.yaml
unset CNNGRAPH_DATA
is 0 "paths of the command line are the user's own" data info theirs/good.yaml \
    --set data.images.train=mine/x.idx --set data.labels.train=mine/t.idx
of "$PWD/theirs/../mine" >theirs/back.yaml
is 4 "a full path that leads out again" data info theirs/back.yaml
sed 's/^data:/vars: {up: ..}\ndata:/; s|data/x.idx|"${up}/mine/x.idx"|' theirs/good.yaml >theirs/variable.yaml
is 4 "nor a variable" data info theirs/variable.yaml
sed 's|^train: {|train: {from: ../runs/small, |' small.yaml >theirs/from.yaml
is 4 "weights elsewhere" train theirs/from.yaml
says err "theirs/from.yaml:6:[0-9]*: .*/runs/small' is outside" "are refused likewise"
is 0 "which the user may take" train theirs/from.yaml --allow-paths

# ---- the environment
CNNGRAPH_DATA=/secret-data HOME=/secret-home XDG_CACHE_HOME=/secret-cache
export CNNGRAPH_DATA HOME XDG_CACHE_HOME
no_secret() { ! grep -q secret out err; }
sed 's|data/x.idx|"${HOME}/x.idx"|' theirs/good.yaml >theirs/home.yaml
is 3 "variables are those of the file, never the environment's" check theirs/home.yaml
report "whose values are not told" "$(cat err)" no_secret
sed 's/source: digits/source: mnist/; s/, digits: {[^}]*}//' small.yaml >mnist.yaml
is 4 "a set that is not there" data info mnist.yaml
says err '$CNNGRAPH_DATA/mnist' "is looked for in folders"
report "that are told by their variables" "$(cat err)" no_secret
CNNGRAPH_ISA=secret
export CNNGRAPH_ISA
is 2 "an instruction set that is none" bench small.yaml
report "is not repeated" "$(cat err)" no_secret

finish
