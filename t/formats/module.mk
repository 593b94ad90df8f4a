# Tests of lib/formats.
