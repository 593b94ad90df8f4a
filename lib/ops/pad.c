/* Positions added around an array. */
#include "ops/op_file.h"

#include "ops/pad.h"
#include "ops/strided.h"

#include <string.h>

/* Where the run of x begins that the run of y at `index` repeats, or -1 where it is all zero. */
static inline int64_t run_source(const cg_call *c, const int64_t index[], const int64_t stride[])
{
    const cg_pad_attrs *a = c->attrs;
    int64_t at = 0;
    for (int i = 0; i < c->ys->rank - 1; i++) {
        int64_t j = pad_source(index[i], a->before[i], c->xs[0]->dim[i], a->mode);
        if (j < 0) return -1;
        at += j * stride[i];
    }
    return at;
}

/* One item per run of y: its middle is a copy, its ends are looked up. */
CG_KERNEL(pad_forward)
{
    const cg_pad_attrs *a = c->attrs;
    int64_t stride[CG_MAX_RANK] = { 0 }, index[CG_MAX_RANK];
    int64_t n = run_length(c->ys), n_x = run_length(c->xs[0]);
    int64_t first = c->ys->rank ? a->before[c->ys->rank - 1] : 0;
    strides_of(c->xs[0], stride);
    run_index(c->ys, begin, index);
    for (int64_t run = begin; run < end; run++, run_next(c->ys, index)) {
        int64_t at = run_source(c, index, stride);
        float *y = c->y + run * n;
        memset(y, 0, (size_t)n * sizeof *y);
        if (at < 0) continue;
        const float *x = c->x[0] + at;
        memcpy(y + first, x, (size_t)n_x * sizeof *y);
        if (a->mode == CG_PAD_ZERO) continue;
        for (int64_t i = 0; i < first; i++) y[i] = x[pad_source(i, first, n_x, a->mode)];
        for (int64_t i = first + n_x; i < n; i++) y[i] = x[pad_source(i, first, n_x, a->mode)];
    }
}

#if CG_DESCRIBE

static const cg_attr attrs[] = PAD_ATTRS;

static cg_status shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    const cg_pad_attrs *a = cg_node_attrs(node);
    *y = *cg_node_shape(cg_node_input(node, 0));
    for (int i = 0; i < y->rank; i++) {
        cg_status status = pad_axis_check(node, a, i, y->dim[i], error);
        if (status != CG_OK) return status;
        y->dim[i] += a->before[i] + a->after[i];
    }
    return CG_OK;
}

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    const cg_pad_attrs *a = cg_node_attrs(node);
    dx[0] = cg_unpad(dy, a->before, a->after, (cg_pad_mode)a->mode);
}

/* Element by element, each axis folded back by walking: a step at a time, turning at the ends. */
static int64_t walk(int64_t i, int64_t before, int64_t n, int64_t mode)
{
    int64_t at = 0, step = i < before ? -1 : 1;
    for (int64_t left = i < before ? before - i : i - before; left > 0; left--) {
        bool is_end = at + step < 0 || at + step >= n;
        if (is_end && mode == CG_PAD_ZERO) return -1;
        if (is_end && mode == CG_PAD_REPLICATE) return at;
        if (is_end) step = -step;
        at += step;
    }
    return at;
}

static void reference(const cg_ref_call *c)
{
    const cg_pad_attrs *a = c->attrs;
    int64_t index[CG_MAX_RANK];
    for (int64_t e = 0, n = cg_shape_size(c->ys); e < n; e++) {
        element_index(c->ys, e, index);
        int64_t from = 0;
        for (int i = 0; i < c->ys->rank && from >= 0; i++) {
            int64_t at = walk(index[i], a->before[i], c->xs[0]->dim[i], a->mode);
            from = at < 0 ? -1 : from * c->xs[0]->dim[i] + at;
        }
        c->y[e] = from < 0 ? 0 : c->x[0][from];
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(2, 3) },
      .n_x = 1,
      .attrs = &(cg_pad_attrs){ { 1, 0 }, { 0, 2 }, CG_PAD_ZERO } },
    { .x = { CG_DIMS(2, 1, 3, 4) },
      .n_x = 1,
      .attrs = &(cg_pad_attrs){ { 0, 0, 2, 1 }, { 0, 0, 1, 3 }, CG_PAD_REFLECT } },
    { .x = { CG_DIMS(2, 3, 2) },
      .n_x = 1,
      .attrs = &(cg_pad_attrs){ { 0, 1, 3 }, { 0, 2, 4 }, CG_PAD_REPLICATE } },
    { .x = { CG_DIMS(5) }, .n_x = 1, .attrs = &(cg_pad_attrs){ { 4 }, { 4 }, CG_PAD_REFLECT } },
    { .x = { CG_DIMS(1, 1) },
      .n_x = 1,
      .attrs = &(cg_pad_attrs){ { 2, 1 }, { 0, 1 }, CG_PAD_REPLICATE } },
    CG_END_SAMPLES,
};

const cg_op cg_op_pad = {
    .name = "pad",
    .formula = "y[i, ...] = x[s(i - before), ...]",
    .help =
        "s(j) is j within x; outside, zero gives 0, reflect mirrors without repeating the edge, "
        "replicate repeats the edge, as PyTorch's pad.",
    .inputs = "x",
    .onnx = "Pad",
    .traits = CG_LINEAR,
    .attrs = attrs,
    .attrs_size = sizeof(cg_pad_attrs),
    .shape = shape,
    .vjp = vjp,
    .flow = pad_flow,
    .items = items_runs,
    .planes = cg_planes_rows,
    .forward = CG_TIERS(pad_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_pad(cg_node *x, const int64_t before[], const int64_t after[], cg_pad_mode mode)
{
    if (!x) return NULL;
    cg_pad_attrs a = pad_attrs(cg_node_shape(x)->rank, before, after, mode);
    return cg_record1(&cg_op_pad, &a, x);
}

#endif
