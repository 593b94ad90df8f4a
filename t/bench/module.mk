# `make bench`: not a test, and never timed by one.
EXTRA_PROGRAMS += t/bench/bench
t_bench_bench_SOURCES = %D%/bench.c
t_bench_bench_LDADD = libcnngraph.la
bench: t/bench/bench
	t/bench/bench $(srcdir)/models/*.yaml
.PHONY: bench
CLEANFILES += t/bench/bench$(EXEEXT)
