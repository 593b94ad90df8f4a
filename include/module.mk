pkginclude_HEADERS = \
  %D%/cnngraph/budget.h \
  %D%/cnngraph/check.h \
  %D%/cnngraph/cnngraph.h \
  %D%/cnngraph/data.h \
  %D%/cnngraph/graph.h \
  %D%/cnngraph/model.h \
  %D%/cnngraph/op.h \
  %D%/cnngraph/ops.h \
  %D%/cnngraph/program.h \
  %D%/cnngraph/status.h \
  %D%/cnngraph/tensor.h \
  %D%/cnngraph/train.h
nodist_pkginclude_HEADERS = %D%/cnngraph/version.h
