# Tests of lib/optim.
