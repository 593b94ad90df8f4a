# Tests of lib/engine.
check_PROGRAMS += t/engine/passes.t t/engine/program.t
t_engine_passes_t_SOURCES = %D%/passes.c
t_engine_passes_t_LDADD = $(test_ldadd)
t_engine_program_t_SOURCES = %D%/program.c
t_engine_program_t_LDADD = $(test_ldadd)
check_PROGRAMS += t/engine/stretches.t
t_engine_stretches_t_SOURCES = %D%/stretches.c
t_engine_stretches_t_LDADD = $(test_ldadd)
check_PROGRAMS += t/engine/lanes.t
t_engine_lanes_t_SOURCES = %D%/lanes.c
t_engine_lanes_t_LDADD = $(test_ldadd)
check_PROGRAMS += t/engine/budget.t
t_engine_budget_t_SOURCES = %D%/budget.c
t_engine_budget_t_LDADD = $(test_ldadd)
