check_PROGRAMS += t/check/ops.t t/check/mutants.t t/check/verdicts.t
t_check_ops_t_SOURCES = %D%/ops.c
t_check_ops_t_LDADD = $(test_ldadd)
t_check_mutants_t_SOURCES = %D%/mutants.c
t_check_mutants_t_LDADD = $(test_ldadd)
t_check_verdicts_t_SOURCES = %D%/verdicts.c
t_check_verdicts_t_LDADD = $(test_ldadd)
dist_check_SCRIPTS += %D%/examples.t
