# Tests of lib/report.
check_PROGRAMS += t/report/page.t
t_report_page_t_SOURCES = %D%/page.c
t_report_page_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/report/drawings.t
t_report_drawings_t_SOURCES = %D%/drawings.c
t_report_drawings_t_LDADD = $(test_ldadd)
