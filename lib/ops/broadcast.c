/* NumPy's broadcast, made real: axes of 1, and axes that x lacks in front, are repeated. */
#include "ops/op_file.h"

#include "ops/strided.h"

#include <string.h>

/* One item per run of y: a copy of a run of x, or one element of x repeated. */
CG_KERNEL(broadcast_forward)
{
    const cg_shape *xs = c->xs[0], *ys = c->ys;
    int64_t stride[CG_MAX_RANK] = { 0 }, index[CG_MAX_RANK], n = run_length(ys);
    int lead = ys->rank - xs->rank;
    strides_of(xs, stride);
    for (int64_t run = begin; run < end; run++) {
        run_index(ys, run, index);
        const float *x = c->x[0];
        for (int i = lead; i < ys->rank - 1; i++)
            if (xs->dim[i - lead] > 1) x += index[i] * stride[i - lead];
        float *y = c->y + run * n;
        if (run_length(xs) == n)
            memcpy(y, x, (size_t)n * sizeof *y);
        else
            for (int64_t i = 0; i < n; i++) y[i] = *x;
    }
}

#if CG_DESCRIBE

static const cg_attr attrs[] = {
    CG_SHAPE_ATTR(cg_shape_attrs, shape, "of y"),
    CG_END_ATTRS,
};

static cg_status shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    const cg_shape *x = cg_node_shape(cg_node_input(node, 0));
    const cg_shape_attrs *a = cg_node_attrs(node);
    char from[CG_SHAPE_TEXT], to[CG_SHAPE_TEXT];
    cg_status status = cg_shape_check(&a->shape, error);
    if (status != CG_OK) return status;
    *y = a->shape;
    bool fits = x->rank <= y->rank;
    for (int k = 1; fits && k <= x->rank; k++)
        fits = x->dim[x->rank - k] == 1 || x->dim[x->rank - k] == y->dim[y->rank - k];
    if (!fits)
        return cg_shape_fail(node, error,
                             "%s does not broadcast to %s: axes, counted from the last, "
                             "must be equal or 1 in x",
                             cg_shape_text(x, from), cg_shape_text(y, to));
    return CG_OK;
}

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    dx[0] = cg_sum_to(dy, *cg_node_shape(cg_node_input(node, 0)));
}

static cg_flow flow(const cg_node *node, const bool batched[])
{
    const cg_shape *x = cg_node_shape(cg_node_input(node, 0)), *y = cg_node_shape(node);
    if (!batched[0]) return CG_FLOW_NONE;
    return x->rank && x->rank == y->rank && x->dim[0] == y->dim[0] ? CG_FLOW_ALONG : CG_FLOW_MIXED;
}

/* For each element of y, the one element of x that it repeats. */
static void reference(const cg_ref_call *c)
{
    const cg_shape *xs = c->xs[0];
    int64_t index[CG_MAX_RANK];
    int lead = c->ys->rank - xs->rank;
    for (int64_t e = 0, n = cg_shape_size(c->ys); e < n; e++) {
        element_index(c->ys, e, index);
        int64_t from = 0;
        for (int i = 0; i < xs->rank; i++) from = from * xs->dim[i] + index[lead + i] % xs->dim[i];
        c->y[e] = c->x[0][from];
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(3, 1) }, .n_x = 1, .attrs = &(cg_shape_attrs){ CG_DIMS(3, 4) } },
    { .x = { CG_DIMS(5) }, .n_x = 1, .attrs = &(cg_shape_attrs){ CG_DIMS(2, 3, 5) } },
    { .x = { CG_DIMS(2, 3, 1, 1) }, .n_x = 1, .attrs = &(cg_shape_attrs){ CG_DIMS(2, 3, 2, 4) } },
    { .x = { CG_DIMS(2, 1, 3) }, .n_x = 1, .attrs = &(cg_shape_attrs){ CG_DIMS(2, 2, 2, 3) } },
    { .x = { { .rank = 0 } }, .n_x = 1, .attrs = &(cg_shape_attrs){ CG_DIMS(2, 3) } },
    CG_END_SAMPLES,
};

const cg_op cg_op_broadcast = {
    .name = "broadcast",
    .formula = "y[i, j, ...] = x[i or 0, j or 0, ...], 0 where x has 1 along an axis",
    .help = "NumPy's rule: shapes are aligned at their last axes; an axis of 1, or one that x "
            "lacks, is repeated.",
    .inputs = "x",
    .onnx = "Expand",
    .traits = CG_LINEAR,
    .attrs = attrs,
    .attrs_size = sizeof(cg_shape_attrs),
    .shape = shape,
    .vjp = vjp,
    .flow = flow,
    .items = items_runs,
    .forward = CG_TIERS(broadcast_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_broadcast(cg_node *x, cg_shape shape)
{
    return cg_record1(&cg_op_broadcast, &(cg_shape_attrs){ shape }, x);
}

#endif
