/* Rows of a table by number: an embedding. */
#include "ops/op_file.h"

#include "ops/rows.h"

#include <string.h>

/* One item per index: a copied row, or zeros where the index is out of range. */
CG_KERNEL(gather_forward)
{
    int64_t rows = c->xs[0]->dim[0], n = cg_shape_size(c->xs[0]) / rows;
    for (int64_t i = begin; i < end; i++) {
        int64_t row = row_number(c->x[1][i], rows);
        if (row < 0)
            memset(c->y + i * n, 0, (size_t)n * sizeof(float));
        else
            memcpy(c->y + i * n, c->x[0] + row * n, (size_t)n * sizeof(float));
    }
}

#if CG_DESCRIBE

static cg_status shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    const cg_shape *table = cg_node_shape(cg_node_input(node, 0));
    if (table->rank < 1)
        return cg_shape_fail(node, error, "expected a table of rows, found a scalar");
    *y = *cg_node_shape(cg_node_input(node, 1));
    if (y->rank + table->rank - 1 > CG_MAX_RANK)
        return cg_shape_fail(node, error, "expected a rank of at most %d, found %d", CG_MAX_RANK,
                             y->rank + table->rank - 1);
    for (int i = 1; i < table->rank; i++) y->dim[y->rank++] = table->dim[i];
    return CG_OK;
}

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *table = cg_node_input(node, 0), *index = cg_node_input(node, 1);
    dx[0] = cg_scatter_add(dy, index, cg_node_shape(table)->dim[0]);
}

static cg_flow flow(const cg_node *node, const bool batched[])
{
    if (batched[0]) return CG_FLOW_MIXED;
    if (!batched[1]) return CG_FLOW_NONE;
    return cg_node_shape(cg_node_input(node, 1))->rank ? CG_FLOW_ALONG : CG_FLOW_MIXED;
}

static int64_t items(const cg_node *node)
{
    return cg_shape_size(cg_node_shape(cg_node_input(node, 1)));
}

/* y[i, d] = sum over rows v with v = index[i] of table[v, d] */
static void reference(const cg_ref_call *c)
{
    int64_t rows = c->xs[0]->dim[0], n = cg_shape_size(c->xs[0]) / rows;
    for (int64_t e = 0, size = cg_shape_size(c->ys); e < size; e++) {
        c->y[e] = 0;
        for (int64_t v = 0; v < rows; v++)
            if (c->x[1][e / n] == (double)v) c->y[e] += c->x[0][v * n + e % n];
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(4, 3), CG_DIMS(5) }, .n_x = 2, .below = 4 },
    { .x = { CG_DIMS(3, 2), CG_DIMS(2, 4) }, .n_x = 2, .below = 5 },
    { .x = { CG_DIMS(3, 2, 2), CG_DIMS(2) }, .n_x = 2, .below = 3 },
    { .x = { CG_DIMS(6), CG_DIMS(3) }, .n_x = 2, .below = 6 },
    CG_END_SAMPLES,
};

const cg_op cg_op_gather = {
    .name = "gather",
    .formula = "y[i, ...] = table[index[i], ...]",
    .help = "table: V x ..., y: the shape of index, then of a row. Indices are whole numbers; one "
            "outside 0..V-1 gives a row of zeros.",
    .inputs = "table index",
    .onnx = "Gather",
    .traits = CG_LINEAR,
    .fixed = 2,
    .shape = shape,
    .vjp = vjp,
    .flow = flow,
    .items = items,
    .forward = CG_TIERS(gather_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_gather(cg_node *table, cg_node *index)
{
    return cg_record2(&cg_op_gather, NULL, table, index);
}

#endif
