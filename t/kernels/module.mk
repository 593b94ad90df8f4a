# Tests of lib/kernels.
check_PROGRAMS += t/kernels/sums.t
t_kernels_sums_t_SOURCES = %D%/sums.c
t_kernels_sums_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/kernels/vec.t
t_kernels_vec_t_SOURCES = %D%/vec.c
t_kernels_vec_t_LDADD = $(test_ldadd)
