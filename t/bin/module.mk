# Tests of bin.
