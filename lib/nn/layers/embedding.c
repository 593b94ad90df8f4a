/* A table of vectors looked up by whole numbers.  x: N T, weight: rows D, y: N T D. */
#include "nn/nn.h"

#include <cnngraph/ops.h>

extern const cg_init cg_init_normal;

typedef struct {
    int64_t rows, units;
    cg_init_use init;
} keys;
static const cg_attr table[] = {
    CG_INT(keys, rows, 0, 1, 1 << 24, "numbers that may occur: 0 to rows - 1"),
    CG_INT(keys, units, 0, 1, 1 << 20, "length of each vector"),
    { .name = NULL },
};
static const cg_layer_key more[] = {
    { "init", CG_KEY_INIT, offsetof(keys, init), "of the table; N(0, 1)" },
    { .name = NULL },
};

/* The op looks up a vector of indices; a sample's shape is put back after it. */
static cg_node *record(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    const keys *a = attrs;
    cg_shape shape = *cg_node_shape(x[0]);
    if (shape.rank == CG_MAX_RANK) return cg_layer_fail(b, NULL, NULL, "too many axes");
    cg_node *w = cg_layer_parameter(b, "weight", CG_SHAPE(a->rows, a->units), &a->init,
                                    &cg_init_normal, a->rows, a->units);
    cg_node *index = cg_reshape(x[0], CG_SHAPE(cg_shape_size(&shape)));
    shape.dim[shape.rank++] = a->units;
    return cg_reshape(cg_gather(w, index), shape);
}

const cg_layer cg_layer_embedding = {
    .name = "embedding",
    .help = "The vector that belongs to each whole number of its input.",
    .n_inputs = 1,
    .attrs = table,
    .keys = more,
    .attrs_size = sizeof(keys),
    .record = record,
};
