/* The adjoint of slice: zeros, with x put where the slice reads. */
#include "ops/op_file.h"

#include "ops/strided.h"

#include <string.h>

/* The position in x that lands on position `i` of y along an axis, or -1. */
static inline int64_t position(int64_t i, int64_t first, int64_t step, int64_t n)
{
    int64_t from = i - first;
    if (step == 1) return from < n ? from : -1; /* or negative */
    return from >= 0 && from % step == 0 && from / step < n ? from / step : -1;
}

/* The run of x that lands in the run of y at `index`, or NULL where all of it is zero. */
static inline const float *source(const cg_call *c, const int64_t index[], const int64_t stride[])
{
    const cg_unslice_attrs *a = c->attrs;
    const float *x = c->x[0];
    for (int i = 0; i < c->ys->rank - 1; i++) {
        int64_t from = position(index[i], a->begin[i], a->step[i], c->xs[0]->dim[i]);
        if (from < 0) return NULL;
        x += from * stride[i];
    }
    return x;
}

/* One item per run of y. */
CG_KERNEL(unslice_forward)
{
    const cg_unslice_attrs *a = c->attrs;
    int64_t stride[CG_MAX_RANK] = { 0 }, index[CG_MAX_RANK], n = run_length(c->ys),
            n_x = run_length(c->xs[0]);
    int last = c->ys->rank - 1;
    int64_t first = last < 0 ? 0 : a->begin[last], step = last < 0 ? 1 : a->step[last];
    strides_of(c->xs[0], stride);
    run_index(c->ys, begin, index);
    for (int64_t run = begin; run < end; run++, run_next(c->ys, index)) {
        const float *x = source(c, index, stride);
        float *y = c->y + run * n;
        memset(y, 0, (size_t)n * sizeof *y);
        if (!x) continue;
        if (step == 1)
            memcpy(y + first, x, (size_t)n_x * sizeof *y);
        else
            for (int64_t i = 0; i < n_x; i++) y[first + i * step] = x[i];
    }
}

#if CG_DESCRIBE

static const cg_attr attrs[] = {
    CG_INTS(cg_unslice_attrs, begin, CG_MAX_RANK, 0, 0, 1e15, "first position along each axis"),
    CG_INTS(cg_unslice_attrs, step, CG_MAX_RANK, 1, 1, 1e15, "distance between positions"),
    CG_SHAPE_ATTR(cg_unslice_attrs, like, "shape of y: what the slice was taken from"),
    CG_END_ATTRS,
};

static cg_status shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    const cg_shape *x = cg_node_shape(cg_node_input(node, 0));
    const cg_unslice_attrs *a = cg_node_attrs(node);
    char from[CG_SHAPE_TEXT], to[CG_SHAPE_TEXT];
    cg_status status = cg_shape_check(&a->like, error);
    if (status != CG_OK) return status;
    *y = a->like;
    if (x->rank != y->rank)
        return cg_shape_fail(node, error, "expected `like` of rank %d for %s, found %s", x->rank,
                             cg_shape_text(x, from), cg_shape_text(y, to));
    for (int i = 0; i < x->rank; i++) {
        int64_t room = y->dim[i] - 1 - a->begin[i];
        if (room < 0 || (x->dim[i] - 1) > room / a->step[i])
            return cg_shape_fail(node, error,
                                 "axis %d: %lld positions from %lld by %lld leave 0..%lld", i,
                                 (long long)x->dim[i], (long long)a->begin[i],
                                 (long long)a->step[i], (long long)y->dim[i] - 1);
    }
    return CG_OK;
}

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    const cg_unslice_attrs *a = cg_node_attrs(node);
    dx[0] = cg_slice(dy, a->begin, *cg_node_shape(cg_node_input(node, 0)), a->step);
}

static cg_flow flow(const cg_node *node, const bool batched[])
{
    const cg_shape *x = cg_node_shape(cg_node_input(node, 0)), *y = cg_node_shape(node);
    if (!batched[0]) return CG_FLOW_NONE;
    return x->rank && x->dim[0] == y->dim[0] ? CG_FLOW_ALONG : CG_FLOW_MIXED;
}

/* Scatters: zeros first, then each element of x to its place. */
static void reference(const cg_ref_call *c)
{
    const cg_unslice_attrs *a = c->attrs;
    int64_t index[CG_MAX_RANK] = { 0 };
    for (int64_t e = 0, n = cg_shape_size(c->ys); e < n; e++) c->y[e] = 0;
    for (int64_t e = 0, n = cg_shape_size(c->xs[0]); e < n; e++) {
        element_index(c->xs[0], e, index);
        int64_t to = 0;
        for (int i = 0; i < c->ys->rank; i++)
            to = to * c->ys->dim[i] + a->begin[i] + index[i] * a->step[i];
        c->y[to] = c->x[0][e];
    }
}

#define ONES                   \
    {                          \
        1, 1, 1, 1, 1, 1, 1, 1 \
    }
static const cg_sample samples[] = {
    { .x = { CG_DIMS(2, 3) },
      .n_x = 1,
      .attrs = &(cg_unslice_attrs){ .begin = { 1, 2 }, .step = ONES, .like = CG_DIMS(3, 6) } },
    { .x = { CG_DIMS(2, 2) },
      .n_x = 1,
      .attrs = &(cg_unslice_attrs){ .begin = { 0, 1 },
                                    .step = { 1, 3, 1, 1, 1, 1, 1, 1 },
                                    .like = CG_DIMS(2, 7) } },
    { .x = { CG_DIMS(2, 2, 2, 3) },
      .n_x = 1,
      .attrs = &(cg_unslice_attrs){ .begin = { 0, 1, 1, 0 },
                                    .step = { 1, 2, 2, 1, 1, 1, 1, 1 },
                                    .like = CG_DIMS(2, 5, 4, 3) } },
    CG_END_SAMPLES,
};

const cg_op cg_op_unslice = {
    .name = "unslice",
    .formula = "y[begin_0 + i step_0, ...] = x[i, ...], 0 elsewhere",
    .help = "The adjoint of slice; `like` is the shape that the slice was taken from.",
    .inputs = "x",
    .onnx = "",
    .traits = CG_LINEAR,
    .attrs = attrs,
    .attrs_size = sizeof(cg_unslice_attrs),
    .shape = shape,
    .vjp = vjp,
    .flow = flow,
    .items = items_runs,
    .planes = cg_planes_rows,
    .forward = CG_TIERS(unslice_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_unslice(cg_node *x, const int64_t begin[], const int64_t step[], cg_shape like)
{
    if (!x) return NULL;
    cg_unslice_attrs a = { .step = ONES, .like = like };
    for (int i = 0; i < cg_node_shape(x)->rank; i++) {
        a.begin[i] = begin[i];
        if (step) a.step[i] = step[i];
    }
    return cg_record1(&cg_op_unslice, &a, x);
}

#endif
