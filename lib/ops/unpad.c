/* The adjoint of pad: each position sums all the padded positions that repeat it. */
#include "ops/op_file.h"

#include "ops/pad.h"
#include "ops/strided.h"

#include <string.h>

/* The padded positions that repeat position j of an axis of n: three stretches, maybe empty. */
typedef struct {
    int64_t begin[3], end[3];
} preimage;

static inline preimage preimage_of(int64_t j, int64_t before, int64_t after, int64_t n,
                                   int64_t mode)
{
    preimage p = { .begin = { before + j }, .end = { before + j + 1 } };
    if (mode == CG_PAD_REFLECT) {
        int64_t left = before - j, right = before + 2 * (n - 1) - j;
        if (j > 0 && left >= 0) p.begin[1] = left, p.end[1] = left + 1;
        if (j < n - 1 && right < before + n + after) p.begin[2] = right, p.end[2] = right + 1;
    } else if (mode == CG_PAD_REPLICATE) {
        if (j == 0) p.end[1] = before;
        if (j == n - 1) p.begin[2] = before + n, p.end[2] = before + n + after;
    }
    return p;
}

/* Adds to the run y one run of x. */
static inline void add_run(const cg_call *c, float *y, const float *x)
{
    const cg_pad_attrs *a = c->attrs;
    int64_t n = run_length(c->ys), n_x = run_length(c->xs[0]);
    int64_t before = c->ys->rank ? a->before[c->ys->rank - 1] : 0;
    for (int64_t j = 0; j < n; j++) y[j] += x[before + j];
    if (a->mode == CG_PAD_ZERO) return;
    for (int64_t i = 0; i < before; i++) y[pad_source(i, before, n, a->mode)] += x[i];
    for (int64_t i = before + n; i < n_x; i++) y[pad_source(i, before, n, a->mode)] += x[i];
}

/* Adds to the run y every run of x that repeats it: an odometer turns through the preimages p of
 * the axes before the last, at[i] being its position in stretch part[i]. */
static inline void add_runs(const cg_call *c, float *y, const preimage p[], const int64_t stride[])
{
    int64_t at[CG_MAX_RANK] = { 0 };
    int part[CG_MAX_RANK] = { 0 }, last = c->ys->rank - 1, i = 0;
    for (i = 0; i < last; i++) at[i] = p[i].begin[0];
    do {
        const float *x = c->x[0];
        for (i = 0; i < last; i++) x += at[i] * stride[i];
        add_run(c, y, x);
        for (i = last - 1; i >= 0; i--) {
            at[i]++;
            while (part[i] < 2 && at[i] >= p[i].end[part[i]]) at[i] = p[i].begin[++part[i]];
            if (at[i] < p[i].end[part[i]]) break;
            part[i] = 0;
            at[i] = p[i].begin[0];
        }
    } while (i >= 0);
}

/* One item per run of y. */
CG_KERNEL(unpad_forward)
{
    const cg_pad_attrs *a = c->attrs;
    const cg_shape *ys = c->ys;
    int64_t stride[CG_MAX_RANK] = { 0 }, index[CG_MAX_RANK], n = run_length(ys);
    preimage p[CG_MAX_RANK] = { 0 };
    strides_of(c->xs[0], stride);
    memset(c->y + begin * n, 0, (size_t)((end - begin) * n) * sizeof(float));
    for (int64_t run = begin; run < end; run++) {
        run_index(ys, run, index);
        for (int i = 0; i < ys->rank - 1; i++)
            p[i] = preimage_of(index[i], a->before[i], a->after[i], ys->dim[i], a->mode);
        add_runs(c, c->y + run * n, p, stride);
    }
}

#if CG_DESCRIBE

static const cg_attr attrs[] = PAD_ATTRS;

static cg_status shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    const cg_pad_attrs *a = cg_node_attrs(node);
    *y = *cg_node_shape(cg_node_input(node, 0));
    for (int i = 0; i < y->rank; i++) {
        y->dim[i] -= a->before[i] + a->after[i];
        cg_status status = pad_axis_check(node, a, i, y->dim[i], error);
        if (status != CG_OK) return status;
    }
    return CG_OK;
}

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    const cg_pad_attrs *a = cg_node_attrs(node);
    dx[0] = cg_pad(dy, a->before, a->after, (cg_pad_mode)a->mode);
}

/* Scatters: each element of x to the place that it repeats. */
static void reference(const cg_ref_call *c)
{
    const cg_pad_attrs *a = c->attrs;
    int64_t index[CG_MAX_RANK] = { 0 };
    for (int64_t e = 0, n = cg_shape_size(c->ys); e < n; e++) c->y[e] = 0;
    for (int64_t e = 0, n = cg_shape_size(c->xs[0]); e < n; e++) {
        element_index(c->xs[0], e, index);
        int64_t to = 0;
        for (int i = 0; i < c->ys->rank && to >= 0; i++) {
            int64_t j = pad_source(index[i], a->before[i], c->ys->dim[i], a->mode);
            to = j < 0 ? -1 : to * c->ys->dim[i] + j;
        }
        if (to >= 0) c->y[to] += c->x[0][e];
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(3, 5) },
      .n_x = 1,
      .attrs = &(cg_pad_attrs){ { 1, 0 }, { 0, 2 }, CG_PAD_ZERO } },
    { .x = { CG_DIMS(2, 1, 6, 8) },
      .n_x = 1,
      .attrs = &(cg_pad_attrs){ { 0, 0, 2, 1 }, { 0, 0, 1, 3 }, CG_PAD_REFLECT } },
    { .x = { CG_DIMS(2, 6, 9) },
      .n_x = 1,
      .attrs = &(cg_pad_attrs){ { 0, 1, 3 }, { 0, 2, 4 }, CG_PAD_REPLICATE } },
    { .x = { CG_DIMS(13) }, .n_x = 1, .attrs = &(cg_pad_attrs){ { 4 }, { 4 }, CG_PAD_REFLECT } },
    { .x = { CG_DIMS(3, 3) },
      .n_x = 1,
      .attrs = &(cg_pad_attrs){ { 2, 1 }, { 0, 1 }, CG_PAD_REPLICATE } },
    CG_END_SAMPLES,
};

const cg_op cg_op_unpad = {
    .name = "unpad",
    .formula = "y[j, ...] = sum over i with s(i - before) = j of x[i, ...]",
    .help = "The adjoint of pad; with mode zero it cuts the padding off.",
    .inputs = "x",
    .onnx = "",
    .traits = CG_LINEAR,
    .attrs = attrs,
    .attrs_size = sizeof(cg_pad_attrs),
    .shape = shape,
    .vjp = vjp,
    .flow = pad_flow,
    .items = items_runs,
    .planes = cg_planes_rows,
    .forward = CG_TIERS(unpad_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_unpad(cg_node *x, const int64_t before[], const int64_t after[], cg_pad_mode mode)
{
    if (!x) return NULL;
    cg_pad_attrs a = pad_attrs(cg_node_shape(x)->rank, before, after, mode);
    return cg_record1(&cg_op_unpad, &a, x);
}

#endif
