/* A layer of units that each see all features: y = x weight' + bias.
 * x: N D, weight: units D, y: N units. */
#include "nn/nn.h"

#include <cnngraph/ops.h>

extern const cg_init cg_init_fan_in_uniform, cg_init_zeros;

typedef struct {
    int64_t units, bias;
    cg_init_use init, bias_init;
    cg_activation_use activation;
} keys;

static const cg_attr attrs_table[] = {
    CG_INT(keys, units, 0, 1, 1 << 24, "features of the output"),
    CG_CHOICE(keys, bias, "tied none", "one a unit, or no bias"),
    { .name = NULL },
};
static const cg_layer_key more[] = {
    { "init", CG_KEY_INIT, offsetof(keys, init), "of the weights" },
    { "bias_init", CG_KEY_INIT, offsetof(keys, bias_init), "of the bias; zeros" },
    { "activation", CG_KEY_ACTIVATION, offsetof(keys, activation), "applied at the end" },
    { .name = NULL },
};

static cg_node *record(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    const keys *a = attrs;
    if (!cg_layer_expects_rank(b, x[0], 2, "one axis of features")) return NULL;
    int64_t features = cg_node_shape(x[0])->dim[1];
    cg_node *w = cg_layer_parameter(b, "weight", CG_SHAPE(a->units, features), &a->init,
                                    &cg_init_fan_in_uniform, features, a->units);
    cg_node *y = cg_matmul(x[0], w, false, true);
    if (!a->bias)
        y = cg_add(y, cg_layer_parameter(b, "bias", CG_SHAPE(a->units), &a->bias_init,
                                         &cg_init_zeros, 1, 1));
    return cg_layer_activation(&a->activation, y);
}

const cg_layer cg_layer_dense = {
    .name = "dense",
    .help = "Fully connected, as PyTorch's Linear: wants one axis of features, so `flatten` first.",
    .n_inputs = 1,
    .attrs = attrs_table,
    .keys = more,
    .attrs_size = sizeof(keys),
    .record = record,
};
