# Tests of lib/ops.
