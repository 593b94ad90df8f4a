/* Class numbers as rows of one 1. */
#include "ops/op_file.h"

#include "ops/rows.h"

#include <math.h>
#include <string.h>

/* One item per index: a row of `depth`, all 0 where the index is out of range. */
CG_KERNEL(one_hot_forward)
{
    int64_t depth = ((const cg_one_hot_attrs *)c->attrs)->depth;
    memset(c->y + begin * depth, 0, (size_t)((end - begin) * depth) * sizeof(float));
    for (int64_t i = begin; i < end; i++) {
        int64_t k = row_number(c->x[0][i], depth);
        if (k >= 0) c->y[i * depth + k] = 1;
    }
}

#if CG_DESCRIBE

static const cg_attr attrs[] = {
    CG_INT(cg_one_hot_attrs, depth, 1, 1, 1e9, "number of classes, the length of a row"),
    CG_END_ATTRS,
};

static cg_status shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    *y = *cg_node_shape(cg_node_input(node, 0));
    if (y->rank == CG_MAX_RANK)
        return cg_shape_fail(node, error, "expected an index of rank below %d", CG_MAX_RANK);
    y->dim[y->rank++] = ((const cg_one_hot_attrs *)cg_node_attrs(node))->depth;
    return CG_OK;
}

/* Constant but for jumps. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    (void)node, (void)dy, (void)dx;
}

static cg_flow flow(const cg_node *node, const bool batched[])
{
    if (!batched[0]) return CG_FLOW_NONE;
    return cg_node_shape(cg_node_input(node, 0))->rank ? CG_FLOW_ALONG : CG_FLOW_MIXED;
}

static int64_t items(const cg_node *node)
{
    return cg_shape_size(cg_node_shape(cg_node_input(node, 0)));
}

/* Element by element of y: does its class number equal the index of its row? */
static void reference(const cg_ref_call *c)
{
    int64_t depth = c->ys->dim[c->ys->rank - 1];
    for (int64_t e = 0, n = cg_shape_size(c->ys); e < n; e++)
        c->y[e] = floor(c->x[0][e / depth]) == (double)(e % depth) ? 1 : 0;
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(4) }, .n_x = 1, .attrs = &(cg_one_hot_attrs){ 5 }, .below = 5 },
    { .x = { CG_DIMS(2, 3) }, .n_x = 1, .attrs = &(cg_one_hot_attrs){ 3 }, .below = 5 },
    CG_END_SAMPLES,
};

const cg_op cg_op_one_hot = {
    .name = "one_hot",
    .formula = "y[..., k] = 1 if k = index[...] else 0",
    .help = "Indices are whole numbers; one outside 0..depth-1 gives a row of zeros. No gradient.",
    .inputs = "index",
    .onnx = "OneHot",
    .fixed = 1,
    .attrs = attrs,
    .attrs_size = sizeof(cg_one_hot_attrs),
    .shape = shape,
    .vjp = vjp,
    .flow = flow,
    .items = items,
    .forward = CG_TIERS(one_hot_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_one_hot(cg_node *index, int64_t depth)
{
    return cg_record1(&cg_op_one_hot, &(cg_one_hot_attrs){ depth }, index);
}

#endif
