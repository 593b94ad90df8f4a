# Test programs print TAP; `prove -v t/base/rng.t` runs one by hand.  Each floor lists its own.
test_ldadd = libfloors.la

include $(top_srcdir)/t/base/module.mk
include $(top_srcdir)/t/kernels/module.mk
include $(top_srcdir)/t/graph/module.mk
include $(top_srcdir)/t/ops/module.mk
include $(top_srcdir)/t/engine/module.mk
include $(top_srcdir)/t/formats/module.mk
include $(top_srcdir)/t/data/module.mk
include $(top_srcdir)/t/optim/module.mk
include $(top_srcdir)/t/nn/module.mk
include $(top_srcdir)/t/model/module.mk
include $(top_srcdir)/t/check/module.mk
include $(top_srcdir)/t/train/module.mk
include $(top_srcdir)/t/report/module.mk
include $(top_srcdir)/t/bin/module.mk
include $(top_srcdir)/t/fuzz/module.mk
include $(top_srcdir)/t/faults/module.mk

include $(top_srcdir)/t/watch.mk
include $(top_srcdir)/t/bench/module.mk
include $(top_srcdir)/t/experiments/module.mk

dist_check_SCRIPTS += t/floors.t
EXTRA_DIST += t/tap.h t/lsan.supp t/tsan.supp t/valgrind.supp lib/floors

TESTS = $(check_PROGRAMS) $(dist_check_SCRIPTS)
TEST_EXTENSIONS = .t
T_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/m4/tap-driver.sh
AM_TESTS_ENVIRONMENT = \
  top_srcdir='$(abs_top_srcdir)'; top_builddir='$(abs_top_builddir)'; \
  LSAN_OPTIONS='suppressions=$(abs_top_srcdir)/t/lsan.supp:print_suppressions=0'; \
  TSAN_OPTIONS='suppressions=$(abs_top_srcdir)/t/tsan.supp'; \
  export top_srcdir top_builddir LSAN_OPTIONS TSAN_OPTIONS;
