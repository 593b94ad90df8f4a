# Tests of lib/ops.
EXTRA_DIST += %D%/trial.h

check_PROGRAMS += t/ops/conventions.t
t_ops_conventions_t_SOURCES = %D%/conventions.c
t_ops_conventions_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/ops/extremes.t
t_ops_extremes_t_SOURCES = %D%/extremes.c
t_ops_extremes_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/ops/flows.t
t_ops_flows_t_SOURCES = %D%/flows.c
t_ops_flows_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/ops/golden.t
t_ops_golden_t_SOURCES = %D%/golden.c
t_ops_golden_t_LDADD = $(test_ldadd)
EXTRA_DIST += t/golden/make_golden.py t/golden/cases.jsonl

check_PROGRAMS += t/ops/kernels.t
t_ops_kernels_t_SOURCES = %D%/kernels.c
t_ops_kernels_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/ops/long_sums.t
t_ops_long_sums_t_SOURCES = %D%/long_sums.c
t_ops_long_sums_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/ops/random_shapes.t
t_ops_random_shapes_t_SOURCES = %D%/random_shapes.c
t_ops_random_shapes_t_LDADD = $(test_ldadd)
check_PROGRAMS += t/ops/conv.t
t_ops_conv_t_SOURCES = %D%/conv.c
t_ops_conv_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/ops/shapes.t
t_ops_shapes_t_SOURCES = %D%/shapes.c
t_ops_shapes_t_LDADD = $(test_ldadd)
