check_PROGRAMS += t/base/rng.t
t_base_rng_t_SOURCES = %D%/rng.c
t_base_rng_t_LDADD = $(test_ldadd)
check_PROGRAMS += t/base/memory.t t/base/text.t t/base/file.t t/base/pool.t
t_base_memory_t_SOURCES = %D%/memory.c
t_base_memory_t_LDADD = $(test_ldadd)
t_base_text_t_SOURCES = %D%/text.c
t_base_text_t_LDADD = $(test_ldadd)
t_base_file_t_SOURCES = %D%/file.c
t_base_file_t_LDADD = $(test_ldadd)
t_base_pool_t_SOURCES = %D%/pool.c
t_base_pool_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/base/base.t
t_base_base_t_SOURCES = %D%/base.c
t_base_base_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/base/digest.t
t_base_digest_t_SOURCES = %D%/digest.c
t_base_digest_t_LDADD = $(test_ldadd)
check_PROGRAMS += t/base/budget.t
t_base_budget_t_SOURCES = %D%/budget.c
t_base_budget_t_LDADD = $(test_ldadd)
