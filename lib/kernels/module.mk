# Loops over raw memory.  Each file is compiled once per tier: see lib/ops/module.mk.
kernel_sources = %D%/conv.c %D%/gemm.c %D%/gemv.c %D%/lanes.c %D%/lanes_dense.c %D%/lanes_weights.c %D%/lanes_winograd.c %D%/lanes_winograd_weights.c \
  %D%/patches.c %D%/peak.c %D%/planes.c %D%/planes_winograd.c
kernel_headers = \
  %D%/conv.h \
  %D%/gemm.h \
  %D%/gemv.h \
  %D%/lanes.h \
  %D%/lanes_dense.h \
  %D%/lanes_pool.h \
  %D%/lanes_winograd.h \
  %D%/map.h \
  %D%/patches.h \
  %D%/peak.h \
  %D%/planes.h \
  %D%/planes_winograd.h \
  %D%/reduce.h \
  %D%/sizes.h \
  %D%/softmax.h \
  %D%/tier.h \
  %D%/turn.h \
  %D%/vec.h \
  %D%/vec_math.h \
  %D%/winograd.h
