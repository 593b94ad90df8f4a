/* Layers that only arrange values.  Shapes in a model file are those of one sample. */
#include "nn/nn.h"

#include <cnngraph/ops.h>

static cg_node *flatten(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)b, (void)attrs, (void)n;
    return cg_flatten(x[0]);
}

static cg_node *identity(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)b, (void)attrs, (void)n;
    return x[0];
}

typedef struct {
    cg_shape shape;
} reshape_keys;
static const cg_attr reshape_table[] = {
    CG_SHAPE_ATTR(reshape_keys, shape, "of one sample; as many values as before"),
    { .name = NULL },
};

static cg_node *reshape(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    const cg_shape *to = &((const reshape_keys *)attrs)->shape;
    const cg_shape *from = cg_node_shape(x[0]);
    int64_t found = cg_shape_size(from) / from->dim[0], wanted = cg_shape_size(to);
    if (found != wanted)
        return cg_layer_fail(b, "shape", "the product of the axes stays the same",
                             "a shape of %lld values for the %lld of its input", (long long)wanted,
                             (long long)found);
    if (to->rank == CG_MAX_RANK)
        return cg_layer_fail(b, "shape", NULL, "at most %d axes", CG_MAX_RANK - 1);
    cg_shape shape = { .rank = to->rank + 1, .dim = { from->dim[0] } };
    for (int i = 0; i < to->rank; i++) shape.dim[i + 1] = to->dim[i];
    return cg_reshape(x[0], shape);
}

typedef struct {
    int64_t sides[4], mode;
} pad_keys;
static const cg_attr pad_table[] = {
    CG_INTS(pad_keys, sides, 4, -1, 0, 1024, "top, left, bottom, right"),
    CG_CHOICE(pad_keys, mode, "zero reflect replicate", "what padding is made of"),
    { .name = NULL },
};

static cg_node *pad(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    const pad_keys *a = attrs;
    if (!cg_layer_expects_rank(b, x[0], 4, "C x H x W")) return NULL;
    int64_t before[CG_MAX_RANK] = { 0, 0, a->sides[0], a->sides[1] };
    int64_t after[CG_MAX_RANK] = { 0, 0, a->sides[2], a->sides[3] };
    return cg_pad(x[0], before, after, (cg_pad_mode)a->mode);
}

const cg_layer cg_layer_flatten = {
    .name = "flatten",
    .help = "All values of a sample as one axis.",
    .n_inputs = 1,
    .record = flatten,
};
const cg_layer cg_layer_identity = {
    .name = "identity",
    .help = "Its input: a name for a place in the model.",
    .n_inputs = 1,
    .record = identity,
};
const cg_layer cg_layer_reshape = {
    .name = "reshape",
    .help = "The same values under another shape.",
    .n_inputs = 1,
    .attrs = reshape_table,
    .attrs_size = sizeof(reshape_keys),
    .record = reshape,
};
const cg_layer cg_layer_pad = {
    .name = "pad",
    .help = "Rows and columns around an image.",
    .n_inputs = 1,
    .attrs = pad_table,
    .attrs_size = sizeof(pad_keys),
    .record = pad,
};
