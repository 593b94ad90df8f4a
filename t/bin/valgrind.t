#!/bin/sh
# Under valgrind, which computes every instruction anew, a run ends in the same weights, and without
# a mistake in memory.  It knows no AVX-512.
. "${top_srcdir:-.}/t/bin/tap.sh"
if ! command -v valgrind >/dev/null; then
    echo "1..0 # SKIP valgrind is not installed"
    exit 0
fi
if grep -q -e __asan_init -e __tsan_init -e __msan_init -e __gcov_exit "$cnngraph"; then
    echo "1..0 # SKIP a build with sanitizers or for coverage is not run under valgrind"
    exit 0
fi

cat >small.yaml <<'END'
cnngraph: 1
name: small
seed: 7
data: {source: digits, digits: {train: 24, test: 10}}
model:
  input: {shape: [1, 28, 28]}
  layers:
    - conv2d: {filters: 4, kernel: 5, stride: 3}
    - batch_norm
    - relu
    - flatten
    - dense: {units: 10}
loss: cross_entropy
optimizer: {type: adam, lr: 0.01}
train: {epochs: 1, batch: 8}
END

# weights COMMAND...: the digest that a run ends with
weights() {
    "$@" "$cnngraph" train small.yaml --threads 2 2>err | sed -n 's/^weights \([0-9a-f]*\) .*/\1/p'
}
for isa in portable avx2; do
    plain=$(weights env CNNGRAPH_ISA=$isa)
    if [ -z "$plain" ]; then
        n=$((n + 1))
        echo "ok $n - $isa # SKIP not on this machine"
        continue
    fi
    checked=$(weights env CNNGRAPH_ISA=$isa valgrind -q --error-exitcode=99)
    report "$isa: the same weights under valgrind, $plain" "'$checked': $(head -c 300 err)" test "$plain" = "$checked"
    lacks err '^==' "$isa: and no mistake in memory"
done
finish
