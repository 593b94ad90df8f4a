# `make experiments`: trains every model of models/experiments from several seeds and writes the figures into
# doc/experiments.md.  Needs MNIST; minutes.  EXPERIMENT_FLAGS: see t/experiments/table.py --help.
EXTRA_DIST += %D%/table.py
experiments: cnngraph
	python3 $(srcdir)/t/experiments/table.py --cnngraph ./cnngraph --models $(srcdir)/models/experiments \
	  --page $(srcdir)/doc/experiments.md $(EXPERIMENT_FLAGS)
.PHONY: experiments
