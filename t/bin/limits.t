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
    expected=$1 name=$2
    shift 2
    if can_limit; then
        limits='ulimit -v 1000000 -t 20 2>/dev/null || ulimit -v 1000000;'
    else
        limits=
        [ "$1" = check ] || set -- "$@" --max-memory 750M
    fi
    (eval "$limits"; exec "$cnngraph" "$@" >out 2>err </dev/null)
    code=$?
    report "$name" "exit $code, not $expected: $(head -c 300 err)" test $code -eq "$expected"
}
matches() { expr "$1" : "$2\$" >/dev/null; }
# never_waits CODE NAME ARGUMENT...: the same, given up after a minute
never_waits() {
    expected=$1 name=$2
    shift 2
    timeout -k 1 60 "$cnngraph" "$@" >out 2>err </dev/null
    code=$?
    report "$name" "exit $code, not $expected: $(head -c 300 err)" matches "$code" "$expected"
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
cp zeros.npy zeros-labels.npy
is 8 "two of them, and 120 MB of values, in 170" data info zeros.npy --values --max-memory 170M
is 0 "and in 200" data info zeros.npy --values --max-memory 200M
rm zeros-labels.npy
{ printf '\000\000\010\003\000\000\000\036\000\000\004\000\000\000\004\000'; head -c 31457280 /dev/zero; } >zeros.idx
is 8 "30 MB in 20, to be converted" data convert zeros.idx zeros-too.npy --max-memory 20M
{ echo x,y; yes 1,2 | head -n 500000; } >long.csv
is 8 "a long CSV file in 1 MB" data info long.csv --max-memory 1M
truncate -s 300M sparse.csv
is 8 "one of 300 MB is not even read" data info sparse.csv --max-memory 10M
says err "sparse.csv would take 314.6 MB" "tells what reading it would take"
awk 'BEGIN { for (n = 0; n < 300000; n++) print "1,2,0" }' >rows.csv
is 8 "a survey of many samples asks, too" data info rows.csv --max-memory 12M
says err "looking at the data would take 1[0-9.]* MB" "tells what it would take"
is 0 "and is made in enough" data info rows.csv --max-memory 32M
npy '(10, 1000000)' >wide.npy
head -c 10000000 /dev/zero >>wide.npy
is 8 "a table for each of a million channels asks" data info wide.npy --max-memory 100M
says err "the scaling of channels would take 1040.0 MB" "tells what it would take"
truncate -s 300M sparse.bin
model '{format: cifar10, files: {train: sparse.bin}, splits: {train: {from: train}}}' \
    'flatten, dense: {units: 10}' | sed 's/1, 28, 28/3, 32, 32/' >sparse.yaml
is 8 "nor are pictures of CIFAR" data info sparse.yaml --max-memory 10M
model '{source: digits, digits: {train: 10000000, test: 20}}' 'flatten, dense: {units: 10}' >many.yaml
within 8 "ten million drawn digits" train many.yaml

# ---- weights
truncate -s 300M sparse.safetensors
for verb in eval 'predict 0'; do
    is 8 "weights of 300 MB are not read by $verb" ${verb%% *} small.yaml ${verb#eval} \
        --weights sparse.safetensors --max-memory 10M
    says err "sparse.safetensors would take 314.6 MB" "tells what that would take"
done

# header AXES: the header of safetensors of a tensor of so many axes of one element
header() {
    awk -v n="$1" 'BEGIN {
        printf "{\"w\":{\"dtype\":\"F32\",\"data_offsets\":[0,4],\"shape\":[1"
        while (--n > 0) printf ",1"
        printf "]}}"
    }' >header
    awk -v n="$(wc -c <header)" 'BEGIN { printf "printf \047"
        for (i = 0; i < 8; i++) { printf "\\%03o", n % 256; n = int(n / 256) }
        print "\047" }' >length
    { . ./length; cat header; printf '\0\0\0\0'; } >axes.safetensors
}
header 1
is 0 "a header of one axis" diff axes.safetensors axes.safetensors
header 3000000
within 7 "one of three million" diff axes.safetensors axes.safetensors
says err "3000000 axes" "tells how many there are"
is 8 "is not even parsed where there is no room" diff axes.safetensors axes.safetensors --max-memory 200M
says err "its header would take 58[0-9.]* MB" "tells what that would take"
is 8 "nor by eval" eval small.yaml --weights axes.safetensors --max-memory 200M
header 5100000
within 7 "a header beyond the limit" diff axes.safetensors axes.safetensors
says err "beyond the limit of 10000000" "tells the limit"
is 8 "two files in memory that holds one" diff runs/small/last.safetensors runs/small/last.safetensors --max-memory 150K
is 0 "and in enough" diff runs/small/last.safetensors runs/small/last.safetensors --max-memory 1M

# ---- metrics
cp -r runs/small verbose
awk 'BEGIN { printf "{\"epoch\":2,\"x\":[1"; for (n = 0; n < 40000; n++) printf ",1"; print "]}" }' >>verbose/metrics.jsonl
is 4 "a line of metrics of 80 KB is none" report verbose
says err "metrics.jsonl:2:1: no line of metrics" "has a place"
is 4 "nor in a comparison" diff verbose verbose

# ---- pictures
printf 'P5 60000 60000 255\n\001' >huge.pgm
within 4 "a picture of 60000 x 60000" predict runs/small huge.pgm
{ echo P5 4000 4000 255; head -c 16000000 /dev/zero; } >large.pgm
is 4 "one of 4000 x 4000 has another size" predict runs/small large.pgm
is 8 "but is not unpacked where there is no room" predict runs/small large.pgm --max-memory 64M
says err "large.pgm would take 80.0 MB" "tells what that would take"

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

ln -s ../../mine/x.idx theirs/data/link.idx
sed 's|data/x.idx|data/link.idx|' theirs/good.yaml >theirs/link.yaml
is 4 "a link that leads out" data info theirs/link.yaml
says err "theirs/link.yaml:2:[0-9]*: .*/link.idx' leads, by a link, outside" "is told as that"
is 0 "which is taken" data info theirs/link.yaml --allow-paths
ln -sf x.idx theirs/data/link.idx
is 0 "one that stays" data info theirs/link.yaml
if [ -d /proc/self/fd ]; then
    cp mine/x.idx mine/gone.idx
    exec 7<mine/gone.idx
    rm mine/gone.idx
    ln -sf /proc/self/fd/7 theirs/data/link.idx
    is 4 "one that leads to what is open, and gone" data info theirs/link.yaml
    says err "link.idx' leads, by a link, outside" "is told as that"
    exec 7<&-
    ln -sf x.idx theirs/data/link.idx
fi
mkdir -p theirs/album/a mine/a
printf 'P5 2 1 255\nab' | tee mine/a/1.pgm >theirs/album/a/1.pgm
model '{format: folder, files: {train: album}, splits: {train: {from: train}}}' \
    'flatten, dense: {units: 2}' | sed 's/28, 28/1, 2/' >theirs/album.yaml
is 0 "a folder of pictures" data info theirs/album.yaml
ln -s ../../../mine/a/1.pgm theirs/album/a/2.pgm
is 4 "with a link out of it" data info theirs/album.yaml
says err "album/a/2.pgm' leads, by a link, outside" "is told of"
rm theirs/album/a/2.pgm
ln -s ../../mine/a theirs/album/b
is 4 "and with a class that is one" data info theirs/album.yaml
is 0 "are taken, too" data info theirs/album.yaml --allow-paths
mkdir theirs/cifar
head -c 3073 /dev/zero >mine/1.bin
for i in 1 2 3 4 5; do ln -s ../../mine/1.bin theirs/cifar/data_batch_$i.bin; done
model '{format: cifar10, files: {train: cifar}, splits: {train: {from: train}}}' \
    'flatten, dense: {units: 2}' | sed 's/1, 28, 28/3, 32, 32/' >theirs/cifar.yaml
is 4 "links in the folder of CIFAR" data info theirs/cifar.yaml
is 0 "likewise" data info theirs/cifar.yaml --allow-paths
mkdir theirs/run
ln -s ../../runs/small/best.safetensors theirs/run
sed 's|^train: {|train: {from: run, |' small.yaml >theirs/run.yaml
is 4 "a run whose weights are a link" train theirs/run.yaml
says err "theirs/run.yaml:6:[0-9]*: .*best.safetensors' leads, by a link, outside" "has a place"
is 0 "is taken likewise" train theirs/run.yaml --allow-paths
ln -s mine shelf
CNNGRAPH_DATA=$PWD/shelf
export CNNGRAPH_DATA
of "$PWD/shelf" >theirs/shelf.yaml
is 0 "a data folder may itself be a link" data info theirs/shelf.yaml
unset CNNGRAPH_DATA

# ---- pipes
mkdir pipes
for file in x.csv x.npy x.idx; do mkfifo pipes/$file; done
for format in csv npy idx; do
    [ $format = csv ] && key=files || key=images
    model "{format: $format, $key: {train: x.$format}, splits: {train: {from: train}}, target: input}" \
        'flatten, dense: {units: 784}' | sed 's/cross_entropy/mse/' >pipes/$format.yaml
    never_waits 4 "no $format file that is a pipe is waited for" data info pipes/$format.yaml
    says err "x.$format' is neither a file nor a folder" "tells what is wrong"
done
cp zeros.npy pipes/y.npy
mkfifo pipes/y-labels.npy
never_waits 4 "nor one beside a file" data info pipes/y.npy
says err "pipes/y-labels.npy: not a file" "which is told"
printf '1,2\n3,4\n' >pipes/x.csv &
never_waits 0 "one of the command line may be a pipe" data info pipes/x.csv
for file in last.safetensors metrics.jsonl model.yaml; do
    cp -r runs/small piped
    rm piped/best.safetensors piped/$file
    mkfifo piped/$file
    for verb in eval report 'train --resume' "diff runs/small"; do
        never_waits "[046]" "$verb waits for no $file" $verb piped
    done
    rm -r piped
done
cp -r runs/small folders
rm folders/best.safetensors
mkdir folders/best.safetensors
is 4 "a folder is no file of weights" train --resume=folders
says err "^cnngraph: folders/best.safetensors: not a file$" "which is told once"

# ---- what is written
mkfifo pipe
ln -s pipe to-pipe
for path in pipe to-pipe; do
    is 4 "no report takes the place of $path" report runs/small -o $path
    says err "$path: not a file" "which is told"
    report "a pipe stays a pipe" "$(ls -l pipe)" test -p pipe
done
cp -r runs/small linked
printf 'dear diary\nno end' >diary
ln -sf "$PWD/diary" linked/metrics.jsonl
for options in "" "--set train.epochs=2"; do
    is 4 "metrics are not written where a link leads $options" train --resume=linked $options
    says err "linked/metrics.jsonl: a link" "which is told"
    report "before anything is written" "$(diff linked runs/small)" cmp -s linked/model.yaml runs/small/model.yaml
done
report "what is there stays" "$(cat diary)" test "$(cat diary)" = "$(printf 'dear diary\nno end')"

is 2 "a folder without a name is none" train small.yaml --runs ''

# ---- what is quoted
printf 'cnngraph: 1\nname: "\302\23331m\342\200\256x" \033]0;\377\n' >controls.yaml
is 3 "a file with commands for the terminal" check controls.yaml
no_control() { ! LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177-\377]')" err; }
report "is quoted without them" "$(od -c err | head -5)" no_control
printf 'cnngraph: 1\nblocks: {"zz\\rhelp: run this\\nroot# ": {layers: [relu]}}\nmodel: {layers: [rlu]}\n' >help.yaml
is 3 "a name with ends of lines" check help.yaml
says err "zz.help: run this.root# " "is offered in one"
lacks err "^root#" "and not as another"
header='{"__metadata__":{"data":"mnist\u001b[31m"}}'
printf "\\$(printf %03o ${#header})\\0\\0\\0\\0\\0\\0\\0%s" "$header" >commands.safetensors
is 2 "weights that learnt on a set with commands in its name" eval small.yaml --weights commands.safetensors
says err "mnist?.31m" "which is told"
report "is told without them" "$(od -c err | head -5)" no_control

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
