# `make bench`: every benchmark model, beside PyTorch where that is installed.  Not a test, and never
# timed by one.  BENCH_FLAGS: see t/bench/compare.py --help.
EXTRA_DIST += %D%/compare.py %D%/peer_torch.py
bench: cnngraph
	python3 $(srcdir)/t/bench/compare.py --cnngraph ./cnngraph --models $(srcdir)/models $(BENCH_FLAGS)
.PHONY: bench
