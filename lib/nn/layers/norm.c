/* Normalisation layers with their scale (weight) and shift (bias). */
#include "nn/nn.h"

#include <cnngraph/ops.h>

extern const cg_init cg_init_ones, cg_init_zeros;

/* ---- batch_norm: S. Ioffe, C. Szegedy, ICML 2015, with PyTorch's running statistics -----------*/
typedef struct {
    double momentum, epsilon;
} batch_keys;
static const cg_attr batch_table[] = {
    CG_REAL(batch_keys, momentum, 0.1, 0, 1, "share of a new batch in the running statistics"),
    CG_REAL(batch_keys, epsilon, 1e-5, 1e-12, 1, "added to the variance"),
    { .name = NULL },
};

/* running <- (1 - momentum) running + momentum value, at the end of the step. */
static void update_running(cg_node *running, cg_node *value, double momentum)
{
    cg_node *next = cg_add(cg_scale(running, 1 - momentum), cg_scale(value, momentum));
    if (next) cg_update(running, next);
}

/* Statistics over all axes but the channels; the running variance is the unbiased one. */
static void track(cg_builder *b, cg_node *x, cg_node *mean, cg_node *var, double momentum)
{
    const cg_shape *s = cg_node_shape(x);
    int64_t m = cg_shape_size(s) / s->dim[1];
    if (m < 2) {
        cg_layer_fail(b, NULL, "a batch of at least 2",
                      "one value a channel has no variance to train with");
        return;
    }
    cg_node *moments = cg_moments(x, false);
    double unbias = (double)m / (double)(m - 1);
    update_running(mean, cg_reshape(cg_moment(moments, 0), *cg_node_shape(mean)), momentum);
    update_running(var, cg_scale(cg_reshape(cg_moment(moments, 1), *cg_node_shape(var)), unbias),
                   momentum);
}

static cg_node *batch_norm(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    const batch_keys *a = attrs;
    if (cg_node_shape(x[0])->rank < 2) return cg_layer_fail(b, NULL, NULL, "expects channels");
    cg_shape channels = CG_SHAPE(cg_node_shape(x[0])->dim[1]);
    cg_node *weight = cg_layer_parameter(b, "weight", channels, NULL, &cg_init_ones, 1, 1);
    cg_node *bias = cg_layer_parameter(b, "bias", channels, NULL, &cg_init_zeros, 1, 1);
    cg_node *mean = cg_layer_state(b, "running_mean", channels, 0);
    cg_node *var = cg_layer_state(b, "running_var", channels, 1);
    if (!b->training) return cg_batch_norm_eval(x[0], weight, bias, mean, var, a->epsilon);
    track(b, x[0], mean, var, a->momentum);
    return cg_batch_norm(x[0], weight, bias, a->epsilon);
}

const cg_layer cg_layer_batch_norm = {
    .name = "batch_norm",
    .help = "Each channel to mean 0 and variance 1: of the batch in training, running ones in "
            "evaluation.",
    .n_inputs = 1,
    .attrs = batch_table,
    .attrs_size = sizeof(batch_keys),
    .record = batch_norm,
};

/* ---- layer_norm: J. L. Ba, J. R. Kiros, G. E. Hinton, 2016 ------------------------------------*/
typedef struct {
    double epsilon;
} layer_keys;
static const cg_attr layer_table[] = {
    CG_REAL(layer_keys, epsilon, 1e-5, 1e-12, 1, "added to the variance"),
    { .name = NULL },
};

static cg_node *layer_norm(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    const layer_keys *a = attrs;
    const cg_shape *s = cg_node_shape(x[0]);
    cg_shape sample = { .rank = s->rank - 1 };
    for (int i = 0; i < sample.rank; i++) sample.dim[i] = s->dim[i + 1];
    cg_node *weight = cg_layer_parameter(b, "weight", sample, NULL, &cg_init_ones, 1, 1);
    cg_node *bias = cg_layer_parameter(b, "bias", sample, NULL, &cg_init_zeros, 1, 1);
    return cg_layer_norm(x[0], weight, bias, a->epsilon);
}

const cg_layer cg_layer_layer_norm = {
    .name = "layer_norm",
    .help = "Each sample to mean 0 and variance 1 over all its values.",
    .n_inputs = 1,
    .attrs = layer_table,
    .attrs_size = sizeof(layer_keys),
    .record = layer_norm,
};
