/* The adjoint of gather: rows of x added to the rows of y that the indices name. */
#include "ops/op_file.h"

#include "ops/rows.h"

#include <string.h>

/* One item per row of y.  Each call reads all indices and takes those that are its own, so that a
 * row is summed in the order of the indices and no two threads write one row. */
CG_KERNEL(scatter_add_forward)
{
    int64_t rows = c->ys->dim[0], n = cg_shape_size(c->ys) / rows,
            n_index = cg_shape_size(c->xs[1]);
    memset(c->y + begin * n, 0, (size_t)((end - begin) * n) * sizeof(float));
    for (int64_t i = 0; i < n_index; i++) {
        int64_t row = row_number(c->x[1][i], rows);
        if (row < begin || row >= end) continue;
        const float *x = c->x[0] + i * n;
        float *y = c->y + row * n;
        for (int64_t d = 0; d < n; d++) y[d] += x[d];
    }
}

#if CG_DESCRIBE

static const cg_attr attrs[] = {
    CG_INT(cg_scatter_attrs, rows, 1, 1, 1e12, "of y"),
    CG_END_ATTRS,
};

static cg_status shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    const cg_shape *x = cg_node_shape(cg_node_input(node, 0));
    const cg_shape *index = cg_node_shape(cg_node_input(node, 1));
    char found[CG_SHAPE_TEXT], expected[CG_SHAPE_TEXT];
    bool fits = x->rank >= index->rank && x->rank - index->rank < CG_MAX_RANK;
    for (int i = 0; fits && i < index->rank; i++) fits = x->dim[i] == index->dim[i];
    if (!fits)
        return cg_shape_fail(node, error,
                             "expected x to begin with the shape of the index, %s, found %s",
                             cg_shape_text(index, expected), cg_shape_text(x, found));
    *y = (cg_shape){ .rank = 1, .dim = { ((const cg_scatter_attrs *)cg_node_attrs(node))->rows } };
    for (int i = index->rank; i < x->rank; i++) y->dim[y->rank++] = x->dim[i];
    return CG_OK;
}

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    dx[0] = cg_gather(dy, cg_node_input(node, 1));
}

static cg_flow flow(const cg_node *node, const bool batched[])
{
    (void)node;
    if (!batched[0] && !batched[1]) return CG_FLOW_NONE;
    return batched[0] && batched[1] ? CG_FLOW_REDUCED : CG_FLOW_MIXED;
}

static int64_t flops(const cg_node *node)
{
    return cg_shape_size(cg_node_shape(cg_node_input(node, 0)));
}

/* y[v, d] = sum over i with index[i] = v of x[i, d] */
static void reference(const cg_ref_call *c)
{
    int64_t n = cg_shape_size(c->ys) / c->ys->dim[0], n_index = cg_shape_size(c->xs[1]);
    for (int64_t e = 0, size = cg_shape_size(c->ys); e < size; e++) {
        int64_t v = e / n, d = e % n;
        c->y[e] = 0;
        for (int64_t i = 0; i < n_index; i++)
            if (c->x[1][i] == (double)v) c->y[e] += c->x[0][i * n + d];
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(5, 3), CG_DIMS(5) }, .n_x = 2, .attrs = &(cg_scatter_attrs){ 4 }, .below = 4 },
    { .x = { CG_DIMS(2, 4, 2), CG_DIMS(2, 4) },
      .n_x = 2,
      .attrs = &(cg_scatter_attrs){ 3 },
      .below = 5 },
    { .x = { CG_DIMS(6), CG_DIMS(6) }, .n_x = 2, .attrs = &(cg_scatter_attrs){ 2 }, .below = 2 },
    CG_END_SAMPLES,
};

const cg_op cg_op_scatter_add = {
    .name = "scatter_add",
    .formula = "y[v, ...] = sum over i with index[i] = v of x[i, ...]",
    .help =
        "The adjoint of gather. Indices outside 0..rows-1 are left out; sums are in the order of "
        "the indices.",
    .inputs = "x index",
    .onnx = "",
    .traits = CG_LINEAR,
    .fixed = 2,
    .attrs = attrs,
    .attrs_size = sizeof(cg_scatter_attrs),
    .shape = shape,
    .vjp = vjp,
    .flow = flow,
    .items = cg_items_rows,
    .flops = flops,
    .forward = CG_TIERS(scatter_add_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_scatter_add(cg_node *x, cg_node *index, int64_t rows)
{
    return cg_record2(&cg_op_scatter_add, &(cg_scatter_attrs){ rows }, x, index);
}

#endif
