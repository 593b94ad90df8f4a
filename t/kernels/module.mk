# Tests of lib/kernels.
