# Tests of bin.
dist_check_SCRIPTS += %D%/model.t
dist_check_SCRIPTS += %D%/bench.t %D%/data.t %D%/experiments.t %D%/cli.t %D%/gradcheck.t \
  %D%/limits.t %D%/marks.t %D%/ops_doc.t %D%/report.t %D%/values.t
dist_check_SCRIPTS += %D%/cifar.t %D%/transfer.t
dist_check_SCRIPTS += %D%/diff.t %D%/valgrind.t
EXTRA_DIST += doc/ops.md t/bin/tap.sh
