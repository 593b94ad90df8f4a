#!/bin/sh
# gradcheck: ops and models, the three ways of telling, wrong gradients, exit codes.
. "${top_srcdir:-.}/t/bin/tap.sh"

# exits CODE NAME ARGUMENT...: of gradcheck
exits() {
    expected=$1 name=$2
    shift 2
    is "$expected" "$name" gradcheck "$@"
}
# count PATTERN: the lines of out that match
count() {
    grep -c -e "$1" out
}

# ---- ops
for op in conv2d max_pool2d batch_norm softmax_cross_entropy; do
    exits 0 "the gradient of $op is proven" $op
    says out "^$op .*  PASS$" "a row for each input of $op"
    says out "^[1-9][0-9]* checks: [1-9][0-9]* PASS, 0 FAIL, 0 VACUOUS" "and the sum of its checks"
done
exits 0 "a line for each check on request" --verbose relu
report "as many as are counted" "$(tail -1 out)" \
    test "$(count '^PASS relu, sample')" = "$(sed -n 's/ checks:.*//p' out)"

# ---- a model on its own data
exits 0 "the gradient of a model is proven" "$source/models/mnist3.yaml" --set data.source=digits
says out "^ *18  conv2d_1  *conv2d_1.weight .* PASS$" "naming the line of each parameter"
says out "^14 checks: 14 PASS" "every parameter and the images, by element and projected"
exits 0 "so is that of a loss mixed by mixup" "$source/models/mnist3.yaml" --set data.source=digits --set 'data.augment=[mixup]'
exits 0 "so is that of classes with weights, smoothed and mixed" "$source/models/mnist3.yaml" --set data.source=digits \
    --set 'loss={type: cce, label_smoothing: 0.1, weights: balanced}' --set 'data.augment=[mixup]'
exits 0 "so is that of mixed values" "$source/models/regression.yaml" --set 'data.augment=[mixup]'
exits 3 "a mistake in the model file" "$source/t/model/bad/kernel_exceeds.yaml"
exits 4 "a model file that is not there" absent.yaml

# ---- for machines
exits 0 "TAP" --tap relu
report "numbers its lines and ends with the plan" "$(tail -1 out)" \
    test "1..$(count '^ok ')" = "$(tail -1 out)"
exits 6 "TAP of a failure" --tap --eps 1 sigmoid
says out "^not ok [0-9]* - sigmoid, sample" "says not ok"
exits 0 "JSON" --format json sigmoid
says out '"fail": 0' "counts the verdicts"
says out '"verdict": "PASS"' "lists the results"
if python3 -c 'import json' 2>/dev/null; then
    report "is valid JSON with as many results as checks" "it is not" python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
sys.exit(len(d["results"]) != d["checks"] or d["pass"] != d["checks"])' out
else
    n=$((n + 1))
    echo "ok $n - is valid JSON # SKIP no python3 here"
fi

# ---- wrong gradients
exits 0 "every mistake planted into one op is seen" --mutants relu
says out "^relu  *x  *sign  *seen, sample 0" "with the sample that shows it"
says out "^[1-9][0-9]* wrong gradients, [1-9][0-9]* seen, 0 not seen" "and the sum"
exits 2 "a model has no mutants" --mutants "$source/models/mnist3.yaml"
exits 0 "a mistake made in practice is shown" --demo Z8
says out "broken  *[1-9][0-9]* of" "as one that the checks see"
says out "right  *0 of" "beside the right code"
exits 2 "a demonstration that is none" --demo Z99

# ---- failures and mistakes
exits 6 "a check that fails is exit code 6" --eps 1 sigmoid
says out "FAIL sigmoid, sample 0, x by element: .*analytic .*numeric" "with both numbers"
exits 2 "an unknown op" sigmod
says err "unknown op 'sigmod'; did you mean 'sigmoid'?" "is answered with the near one"
exits 2 "a tolerance that is no number" --rtol small sigmoid
exits 2 "a step of 0" --eps 0 sigmoid

finish
