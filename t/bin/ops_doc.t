#!/bin/sh
# doc/ops.md is what the descriptors say.
cnngraph=${top_builddir:-.}/cnngraph
page=${top_srcdir:-.}/doc/ops.md
if "$cnngraph" ops --format markdown | diff -u "$page" - >/dev/null; then
    echo "ok 1 - doc/ops.md is up to date"
else
    echo "not ok 1 - doc/ops.md is up to date"
    echo "# write it anew: cnngraph ops --format markdown > doc/ops.md"
fi
echo "1..1"
