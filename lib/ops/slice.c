/* A box of x, with steps. */
#include "ops/op_file.h"

#include "ops/strided.h"

#include <string.h>

/* One item per run of y. */
CG_KERNEL(slice_forward)
{
    const cg_slice_attrs *a = c->attrs;
    int64_t stride[CG_MAX_RANK] = { 0 }, index[CG_MAX_RANK], n = run_length(c->ys);
    int last = c->ys->rank - 1;
    int64_t step = last < 0 ? 1 : a->step[last];
    strides_of(c->xs[0], stride);
    run_index(c->ys, begin, index);
    for (int64_t run = begin; run < end; run++, run_next(c->ys, index)) {
        const float *x = c->x[0] + (last < 0 ? 0 : a->begin[last]);
        for (int i = 0; i < last; i++) x += (a->begin[i] + index[i] * a->step[i]) * stride[i];
        float *y = c->y + run * n;
        if (step == 1)
            memcpy(y, x, (size_t)n * sizeof *y);
        else
            for (int64_t i = 0; i < n; i++) y[i] = x[i * step];
    }
}

#if CG_DESCRIBE

static const cg_attr attrs[] = {
    CG_INTS(cg_slice_attrs, begin, CG_MAX_RANK, 0, 0, 1e15, "first position along each axis"),
    CG_INTS(cg_slice_attrs, step, CG_MAX_RANK, 1, 1, 1e15, "distance between positions"),
    CG_SHAPE_ATTR(cg_slice_attrs, size, "of y: how many positions along each axis"),
    CG_END_ATTRS,
};

static cg_status shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    const cg_shape *x = cg_node_shape(cg_node_input(node, 0));
    const cg_slice_attrs *a = cg_node_attrs(node);
    char from[CG_SHAPE_TEXT], to[CG_SHAPE_TEXT];
    cg_status status = cg_shape_check(&a->size, error);
    if (status != CG_OK) return status;
    *y = a->size;
    if (x->rank != y->rank)
        return cg_shape_fail(node, error, "expected a size of rank %d for %s, found %s", x->rank,
                             cg_shape_text(x, from), cg_shape_text(y, to));
    for (int i = 0; i < x->rank; i++) {
        int64_t room = x->dim[i] - 1 - a->begin[i]; /* from the first position to the last of x */
        if (room < 0 || (y->dim[i] - 1) > room / a->step[i])
            return cg_shape_fail(node, error,
                                 "axis %d: %lld positions from %lld by %lld leave 0..%lld", i,
                                 (long long)y->dim[i], (long long)a->begin[i],
                                 (long long)a->step[i], (long long)x->dim[i] - 1);
    }
    return CG_OK;
}

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    const cg_slice_attrs *a = cg_node_attrs(node);
    dx[0] = cg_unslice(dy, a->begin, a->step, *cg_node_shape(cg_node_input(node, 0)));
}

/* A slice that takes every row of the batch. */
static cg_flow flow(const cg_node *node, const bool batched[])
{
    const cg_shape *x = cg_node_shape(cg_node_input(node, 0)), *y = cg_node_shape(node);
    if (!batched[0]) return CG_FLOW_NONE;
    return x->rank && x->dim[0] == y->dim[0] ? CG_FLOW_ALONG : CG_FLOW_MIXED;
}

/* For each element of y, the one element of x that it is. */
static void reference(const cg_ref_call *c)
{
    const cg_slice_attrs *a = c->attrs;
    int64_t index[CG_MAX_RANK];
    for (int64_t e = 0, n = cg_shape_size(c->ys); e < n; e++) {
        element_index(c->ys, e, index);
        int64_t from = 0;
        for (int i = 0; i < c->ys->rank; i++)
            from = from * c->xs[0]->dim[i] + a->begin[i] + index[i] * a->step[i];
        c->y[e] = c->x[0][from];
    }
}

#define ONES                   \
    {                          \
        1, 1, 1, 1, 1, 1, 1, 1 \
    }
static const cg_sample samples[] = {
    { .x = { CG_DIMS(3, 6) },
      .n_x = 1,
      .attrs = &(cg_slice_attrs){ .begin = { 1, 2 }, .step = ONES, .size = CG_DIMS(2, 3) } },
    { .x = { CG_DIMS(2, 7) },
      .n_x = 1,
      .attrs = &(cg_slice_attrs){ .begin = { 0, 1 },
                                  .step = { 1, 3, 1, 1, 1, 1, 1, 1 },
                                  .size = CG_DIMS(2, 2) } },
    { .x = { CG_DIMS(2, 5, 4, 3) },
      .n_x = 1,
      .attrs = &(cg_slice_attrs){ .begin = { 0, 1, 1, 0 },
                                  .step = { 1, 2, 2, 1, 1, 1, 1, 1 },
                                  .size = CG_DIMS(2, 2, 2, 3) } },
    { .x = { CG_DIMS(9) },
      .n_x = 1,
      .attrs = &(cg_slice_attrs){ .begin = { 0 },
                                  .step = { 4, 1, 1, 1, 1, 1, 1, 1 },
                                  .size = CG_DIMS(3) } },
    CG_END_SAMPLES,
};

const cg_op cg_op_slice = {
    .name = "slice",
    .formula = "y[i, j, ...] = x[begin_0 + i step_0, begin_1 + j step_1, ...]",
    .help = "A box of x, every step-th position along each axis.",
    .inputs = "x",
    .onnx = "Slice",
    .traits = CG_LINEAR,
    .attrs = attrs,
    .attrs_size = sizeof(cg_slice_attrs),
    .shape = shape,
    .vjp = vjp,
    .flow = flow,
    .items = items_runs,
    .planes = cg_planes_rows,
    .forward = CG_TIERS(slice_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_slice(cg_node *x, const int64_t begin[], cg_shape size, const int64_t step[])
{
    if (!x) return NULL;
    cg_slice_attrs a = { .step = ONES, .size = size };
    for (int i = 0; i < cg_node_shape(x)->rank; i++) {
        a.begin[i] = begin[i];
        if (step) a.step[i] = step[i];
    }
    return cg_record1(&cg_op_slice, &a, x);
}

#endif
