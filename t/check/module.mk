# Tests of lib/check.
