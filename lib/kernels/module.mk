# Loops over raw memory.  Each file is compiled once per tier: see lib/ops/module.mk.
kernel_sources =
kernel_headers = %D%/tier.h %D%/gemm.h
