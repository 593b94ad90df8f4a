# Tests of lib/data.
