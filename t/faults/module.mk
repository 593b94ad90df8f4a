# What fails from outside: memory, disks, the process itself.  `make check` tries a sample of the
# faults, `make check-faults` all of them.
fault_tests = t/faults/io.t t/faults/kill.t t/faults/memory.t t/faults/power.t
fault_scene = %D%/scene.c %D%/scene.h %D%/tree.c %D%/tree.h %D%/verbs.c %D%/verbs.h
check_PROGRAMS += $(fault_tests)

t_faults_memory_t_SOURCES = %D%/memory.c %D%/allocator.c %D%/allocator.h $(fault_scene)
t_faults_memory_t_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bin
t_faults_memory_t_LDADD = bin/libcommand.a $(test_ldadd)

t_faults_io_t_SOURCES = %D%/io.c $(fault_scene)
t_faults_io_t_LDADD = $(test_ldadd)

t_faults_kill_t_SOURCES = %D%/kill.c $(fault_scene)
t_faults_kill_t_LDADD = $(test_ldadd)

t_faults_power_t_SOURCES = %D%/power.c $(fault_scene)
t_faults_power_t_LDADD = $(test_ldadd)

check-faults:
	CNNGRAPH_FAULTS=all $(MAKE) $(AM_MAKEFLAGS) check TESTS='$(fault_tests)'
.PHONY: check-faults
