# Loops over raw memory.  Each file is compiled once per tier: see lib/ops/module.mk.
kernel_sources = %D%/gemm.c
kernel_headers = \
  %D%/gemm.h \
  %D%/map.h \
  %D%/reduce.h \
  %D%/softmax.h \
  %D%/tier.h \
  %D%/vec.h \
  %D%/vec_math.h
