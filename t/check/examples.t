#!/bin/sh
# The examples compile against the public headers and the shared library alone, and run.
# With --disable-shared the static library stands in.
n=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

verdict() { # STATUS NAME
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; failed=1; fi
}

made_with() { # VARIABLE of the Makefile
    sed -n "s/^$1 = //p" "$top_builddir/Makefile"
}

compile() { # NAME
    # shellcheck disable=SC2046  # flags are words
    "$top_builddir/libtool" --silent --tag=CC --mode=link $(made_with CC) -std=gnu11 -Wall -Wextra -Werror \
        $(made_with SANITIZE_FLAGS) $(made_with COVERAGE_FLAGS) -I"$top_srcdir/include" -I"$top_builddir/include" -o "$work/$1" \
        "$top_srcdir/doc/examples/$1.c" "$top_builddir/libcnngraph.la" -lm >"$work/log" 2>&1
    status=$?
    sed 's/^/# /' "$work/log"
    return $status
}

failed=0
for name in mnist3 custom_op; do
    compile "$name"
    verdict $? "$name compiles against what is exported"
done

"$work/custom_op" >"$work/out"
verdict $? "an op defined outside the library passes its check"
test "$(grep -c '^PASS' "$work/out")" -eq 14
verdict $? "in all its 14 parts"

"$work/mnist3" >"$work/out"
verdict $? "mnist3 trains"
sed 's/^/# /' "$work/out"
awk '/^epoch/ { last = $4 } !first { first = $4 } END { exit !(last < 0.1 && last < first / 4) }' "$work/out"
verdict $? "its loss falls below 0.1"
test "$(wc -l <"$top_srcdir/doc/examples/mnist3.c")" -lt 60
verdict $? "in under 60 lines"

echo "1..$n"
exit $failed
