check_PROGRAMS += t/base/rng.t
t_base_rng_t_SOURCES = %D%/rng.c
t_base_rng_t_LDADD = $(test_ldadd)
