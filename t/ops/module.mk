# Tests of lib/ops.
EXTRA_DIST += %D%/trial.h

check_PROGRAMS += t/ops/conventions.t
t_ops_conventions_t_SOURCES = %D%/conventions.c
t_ops_conventions_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/ops/flows.t
t_ops_flows_t_SOURCES = %D%/flows.c
t_ops_flows_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/ops/kernels.t
t_ops_kernels_t_SOURCES = %D%/kernels.c
t_ops_kernels_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/ops/random_shapes.t
t_ops_random_shapes_t_SOURCES = %D%/random_shapes.c
t_ops_random_shapes_t_LDADD = $(test_ldadd)
