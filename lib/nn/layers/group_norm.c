/* Normalisation of parts of each sample, with a scale (weight) and a shift (bias) a channel.
 * x: N C ...; the statistics know nothing of the batch, so training and evaluation are the same. */
#include "nn/nn.h"

#include <cnngraph/ops.h>

extern const cg_init cg_init_ones, cg_init_zeros;

typedef struct {
    int64_t groups, affine;
    double epsilon;
} keys;
#define AFFINE                                                            \
    {                                                                     \
        "affine", CG_ATTR_BOOL, offsetof(keys, affine), 1, 1, 0, 1, NULL, \
            "a weight and a bias for each channel"                        \
    }
static const cg_attr group_table[] = {
    CG_INT(keys, groups, 0, 1, 65536, "parts of the channels, each normalised by itself"),
    CG_REAL(keys, epsilon, 1e-5, 1e-12, 1, "added to the variance"),
    AFFINE,
    { .name = NULL },
};
static const cg_attr instance_table[] = {
    CG_REAL(keys, epsilon, 1e-5, 1e-12, 1, "added to the variance"),
    AFFINE,
    { .name = NULL },
};

/* (x - mean) / sqrt(var + epsilon) along the last axis of N G M: a layer_norm whose scale and shift
 * are not learnt. */
static cg_node *standardise(cg_node *x, double epsilon)
{
    if (!x) return NULL;
    cg_shape values = CG_SHAPE(cg_node_shape(x)->dim[2]);
    cg_node *one = cg_constant(cg_node_graph(x), values, 1);
    return cg_layer_norm(x, one, cg_constant(cg_node_graph(x), values, 0), epsilon);
}

/* A parameter with one value a channel of N C ... */
static cg_node *per_channel(cg_builder *b, const char *name, const cg_shape *s, const cg_init *init)
{
    cg_shape wide = { .rank = s->rank - 1, .dim = { s->dim[1] } };
    for (int i = 1; i < wide.rank; i++) wide.dim[i] = 1;
    cg_node *v = cg_layer_parameter(b, name, CG_SHAPE(s->dim[1]), NULL, init, 1, 1);
    return cg_reshape(v, wide);
}

static cg_node *normalise(cg_builder *b, const keys *a, int64_t groups, cg_node *x)
{
    const cg_shape *s = cg_node_shape(x);
    int64_t values = cg_shape_size(s) / s->dim[0] / groups;
    if (values < 2)
        return cg_layer_fail(b, NULL, "fewer groups, or a larger image",
                             "one value has no variance to be normalised by");
    cg_node *y = standardise(cg_reshape(x, CG_SHAPE(s->dim[0], groups, values)), a->epsilon);
    y = cg_reshape(y, *s);
    if (!a->affine) return y;
    cg_node *weight = per_channel(b, "weight", s, &cg_init_ones);
    return cg_fma(y, weight, per_channel(b, "bias", s, &cg_init_zeros));
}

/* ---- group_norm: Y. Wu, K. He, ECCV 2018 ------------------------------------------------------*/

static cg_node *group_norm(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    const keys *a = attrs;
    if (cg_node_shape(x[0])->rank < 2) return cg_layer_fail(b, NULL, NULL, "expects channels");
    int64_t channels = cg_node_shape(x[0])->dim[1];
    if (channels % a->groups)
        return cg_layer_fail(b, "groups", NULL, "groups %lld must divide %lld channels",
                             (long long)a->groups, (long long)channels);
    return normalise(b, a, a->groups, x[0]);
}

const cg_layer cg_layer_group_norm = {
    .name = "group_norm",
    .help = "Each of `groups` parts of a sample's channels to mean 0 and variance 1.",
    .n_inputs = 1,
    .attrs = group_table,
    .attrs_size = sizeof(keys),
    .record = group_norm,
};

/* ---- instance_norm: D. Ulyanov, A. Vedaldi, V. Lempitsky, 2016 --------------------------------*/

static cg_node *instance_norm(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    if (cg_node_shape(x[0])->rank < 3)
        return cg_layer_fail(b, NULL, "`layer_norm` or `group_norm`",
                             "expects channels of more than one value");
    return normalise(b, attrs, cg_node_shape(x[0])->dim[1], x[0]);
}

const cg_layer cg_layer_instance_norm = {
    .name = "instance_norm",
    .help = "Each channel of each sample to mean 0 and variance 1.",
    .n_inputs = 1,
    .attrs = instance_table,
    .attrs_size = sizeof(keys),
    .record = instance_norm,
};
