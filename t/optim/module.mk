# Tests of lib/optim.
check_PROGRAMS += t/optim/optim.t
t_optim_optim_t_SOURCES = %D%/optim.c
t_optim_optim_t_LDADD = $(test_ldadd)
EXTRA_DIST += t/golden/make_optim.py t/golden/optim.h
