# Tests of lib/graph.
check_PROGRAMS += t/graph/graph.t t/graph/gradient.t
t_graph_graph_t_SOURCES = %D%/graph.c
t_graph_graph_t_LDADD = $(test_ldadd)
t_graph_gradient_t_SOURCES = %D%/gradient.c
t_graph_gradient_t_LDADD = $(test_ldadd)
