# Tests of lib/nn.
check_PROGRAMS += t/nn/init.t t/nn/layer.t t/nn/metric.t
t_nn_init_t_SOURCES = %D%/init.c
t_nn_init_t_LDADD = $(test_ldadd)
t_nn_layer_t_SOURCES = %D%/layer.c
t_nn_layer_t_LDADD = $(test_ldadd)
t_nn_metric_t_SOURCES = %D%/metric.c
t_nn_metric_t_LDADD = $(test_ldadd)
