# Tests of lib/nn.
