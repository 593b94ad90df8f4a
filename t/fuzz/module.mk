# Fuzz targets.  `make check` replays the corpus of each; `make fuzz FUZZ_SECONDS=60 FUZZ_JOBS=2`, after
# `configure --enable-fuzzing CC=clang`, mutates it for so long, two side by side; see fuzz.sh.
fuzz_targets = %D%/cifar.t %D%/csv.t %D%/history.t %D%/idx.t %D%/image.t %D%/model.t \
  %D%/network.t %D%/npy.t %D%/npz.t %D%/override.t %D%/safetensors.t %D%/tar.t
fuzz_main  = %D%/main.c %D%/fuzz.h
fuzz_data  = $(fuzz_main) %D%/data.c %D%/data.h
fuzz_ldadd = $(test_ldadd) $(FUZZ_LIBS)

check_PROGRAMS += $(fuzz_targets)
t_fuzz_cifar_t_SOURCES = %D%/cifar.c $(fuzz_data)
t_fuzz_cifar_t_LDADD = $(fuzz_ldadd)
t_fuzz_csv_t_SOURCES = %D%/csv.c $(fuzz_data)
t_fuzz_csv_t_LDADD = $(fuzz_ldadd)
t_fuzz_history_t_SOURCES = %D%/history.c $(fuzz_main)
t_fuzz_history_t_LDADD = $(fuzz_ldadd)
t_fuzz_idx_t_SOURCES = %D%/idx.c $(fuzz_data)
t_fuzz_idx_t_LDADD = $(fuzz_ldadd)
t_fuzz_image_t_SOURCES = %D%/image.c $(fuzz_data)
t_fuzz_image_t_LDADD = $(fuzz_ldadd)
t_fuzz_model_t_SOURCES = %D%/model.c $(fuzz_main)
t_fuzz_model_t_LDADD = $(fuzz_ldadd)
t_fuzz_network_t_SOURCES = %D%/network.c $(fuzz_main)
t_fuzz_network_t_LDADD = $(fuzz_ldadd)
t_fuzz_npy_t_SOURCES = %D%/npy.c $(fuzz_data)
t_fuzz_npy_t_LDADD = $(fuzz_ldadd)
t_fuzz_npz_t_SOURCES = %D%/npz.c $(fuzz_data)
t_fuzz_npz_t_LDADD = $(fuzz_ldadd)
t_fuzz_override_t_SOURCES = %D%/override.c $(fuzz_main)
t_fuzz_override_t_LDADD = $(fuzz_ldadd)
t_fuzz_safetensors_t_SOURCES = %D%/safetensors.c $(fuzz_main)
t_fuzz_safetensors_t_LDADD = $(fuzz_ldadd)
t_fuzz_tar_t_SOURCES = %D%/tar.c $(fuzz_main)
t_fuzz_tar_t_LDADD = $(fuzz_ldadd)
EXTRA_DIST += %D%/corpus %D%/dict %D%/fuzz.sh

FUZZ_SECONDS = 60
FUZZ_JOBS = 1
FUZZ_FLAGS = -timeout=10 -rss_limit_mb=2048 -max_len=65536
FUZZ_TARGETS = $(fuzz_targets)
fuzz: all
	@test -n '$(FUZZ_LIBS)' || { echo 'configure --enable-fuzzing CC=clang first' >&2; exit 1; }
	@$(MAKE) $(AM_MAKEFLAGS) $(FUZZ_TARGETS)
	@echo $(FUZZ_TARGETS) | top_srcdir=$(srcdir) xargs -n 1 -P $(FUZZ_JOBS) sh -c \
	  '$(SHELL) $(srcdir)/%D%/fuzz.sh "$$0" $(FUZZ_SECONDS) $(FUZZ_FLAGS)'
	@echo 'in all, since fuzz/figures was begun (of a target that was mended, take the lines out):'
	@awk '{ seconds[$$1] += $$2; runs[$$1] += $$3 } END { for (name in seconds) \
	  printf "%-12s %7.1f minutes %13d executions\n", name, seconds[name] / 60, runs[name] }' fuzz/figures | sort
.PHONY: fuzz
