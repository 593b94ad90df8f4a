# Tests of lib/engine.
