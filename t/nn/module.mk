# Tests of lib/nn.
check_PROGRAMS += t/nn/batches.t t/nn/golden.t t/nn/init.t t/nn/layer.t t/nn/losses.t t/nn/metric.t
EXTRA_DIST += %D%/recorded.h t/golden/make_layers.py t/golden/layers.jsonl t/golden/make_losses.py t/golden/losses.h
t_nn_batches_t_SOURCES = %D%/batches.c
t_nn_batches_t_LDADD = $(test_ldadd)
t_nn_golden_t_SOURCES = %D%/golden.c
t_nn_golden_t_LDADD = $(test_ldadd)
t_nn_init_t_SOURCES = %D%/init.c
t_nn_init_t_LDADD = $(test_ldadd)
t_nn_layer_t_SOURCES = %D%/layer.c
t_nn_layer_t_LDADD = $(test_ldadd)
t_nn_metric_t_SOURCES = %D%/metric.c
t_nn_metric_t_LDADD = $(test_ldadd)
t_nn_losses_t_SOURCES = %D%/losses.c
t_nn_losses_t_LDADD = $(test_ldadd)
check_PROGRAMS += t/nn/embedding.t
t_nn_embedding_t_SOURCES = %D%/embedding.c
t_nn_embedding_t_LDADD = $(test_ldadd)
