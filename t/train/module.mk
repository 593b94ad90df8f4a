# Tests of lib/train.
