/* A permutation of axes. */
#include "ops/op_file.h"

#include "kernels/turn.h"
#include "ops/strided.h"

#include <string.h>

enum {
    GROUP = 16
}; /* runs of y at once: a cache line of x is read whole when they lie side by side */

/* y[k n + j] = x[k across + j along] for `rows` neighbouring runs k of length n. */
static inline void place(float *y, const float *x, int64_t rows, int64_t n, int64_t across,
                         int64_t along)
{
    if (along == 1) {
        for (int64_t k = 0; k < rows; k++) memcpy(y + k * n, x + k * across, (size_t)n * sizeof *y);
        return;
    }
    if (across == 1) {
        cg_turn(x, along, n, rows, y, n);
        return;
    }
    for (int64_t j = 0; j < n; j++)
        for (int64_t k = 0; k < rows; k++) y[k * n + j] = x[k * across + j * along];
}

/* One item per run of y, taken in groups that differ in y's last axis but one alone. */
CG_KERNEL(transpose_forward)
{
    const cg_transpose_attrs *a = c->attrs;
    const cg_shape *ys = c->ys;
    int64_t stride[CG_MAX_RANK], index[CG_MAX_RANK], n = run_length(ys);
    int last = ys->rank - 1;
    strides_of(c->xs[0], stride);
    if (last < 1) {
        memcpy(c->y + begin * n, c->x[0] + begin * n, (size_t)((end - begin) * n) * sizeof(float));
        return;
    }
    for (int64_t run = begin, rows; run < end; run += rows) {
        run_index(ys, run, index);
        rows = ys->dim[last - 1] - index[last - 1];
        if (rows > end - run) rows = end - run;
        if (rows > GROUP) rows = GROUP;
        const float *x = c->x[0];
        for (int i = 0; i < last; i++) x += index[i] * stride[a->order[i]];
        place(c->y + run * n, x, rows, n, stride[a->order[last - 1]], stride[a->order[last]]);
    }
}

#if CG_DESCRIBE

static const cg_attr attrs[] = {
    CG_INTS(cg_transpose_attrs, order, CG_MAX_RANK, 0, 0, CG_MAX_RANK - 1,
            "axis i of y is axis order[i] of x; entries past the rank are 0"),
    CG_END_ATTRS,
};

static int64_t grain(const cg_node *node)
{
    (void)node;
    return GROUP;
}

static cg_status shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    const cg_shape *x = cg_node_shape(cg_node_input(node, 0));
    const cg_transpose_attrs *a = cg_node_attrs(node);
    unsigned seen = 0;
    *y = (cg_shape){ .rank = x->rank };
    for (int i = 0; i < x->rank; i++) {
        int64_t from = a->order[i];
        if (from < 0 || from >= x->rank || (seen >> from & 1))
            return cg_shape_fail(node, error,
                                 "order must name each of the axes 0..%d once, found %lld "
                                 "at position %d",
                                 x->rank - 1, (long long)from, i);
        seen |= 1u << from;
        y->dim[i] = x->dim[from];
    }
    return CG_OK;
}

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    const cg_transpose_attrs *a = cg_node_attrs(node);
    int64_t back[CG_MAX_RANK] = { 0 };
    for (int i = 0; i < cg_node_shape(node)->rank; i++) back[a->order[i]] = i;
    dx[0] = cg_transpose(dy, back);
}

static cg_flow flow(const cg_node *node, const bool batched[])
{
    const cg_transpose_attrs *a = cg_node_attrs(node);
    if (!batched[0]) return CG_FLOW_NONE;
    return a->order[0] == 0 ? CG_FLOW_ALONG : CG_FLOW_MIXED;
}

/* Scatters: each element of x to its one place in y. */
static void reference(const cg_ref_call *c)
{
    const cg_transpose_attrs *a = c->attrs;
    int64_t index[CG_MAX_RANK];
    for (int64_t e = 0, n = cg_shape_size(c->xs[0]); e < n; e++) {
        element_index(c->xs[0], e, index);
        int64_t to = 0;
        for (int i = 0; i < c->ys->rank; i++) to = to * c->ys->dim[i] + index[a->order[i]];
        c->y[to] = c->x[0][e];
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(3, 4) }, .n_x = 1, .attrs = &(cg_transpose_attrs){ { 1, 0 } } },
    { .x = { CG_DIMS(2, 3, 4) }, .n_x = 1, .attrs = &(cg_transpose_attrs){ { 2, 0, 1 } } },
    { .x = { CG_DIMS(2, 3, 2, 5) }, .n_x = 1, .attrs = &(cg_transpose_attrs){ { 0, 2, 1, 3 } } },
    { .x = { CG_DIMS(2, 3, 4, 2) }, .n_x = 1, .attrs = &(cg_transpose_attrs){ { 0, 3, 1, 2 } } },
    { .x = { CG_DIMS(19, 21) }, .n_x = 1, .attrs = &(cg_transpose_attrs){ { 1, 0 } } },
    { .x = { CG_DIMS(4) }, .n_x = 1, .attrs = &(cg_transpose_attrs){ { 0 } } },
    CG_END_SAMPLES,
};

const cg_op cg_op_transpose = {
    .name = "transpose",
    .formula = "y[i_0, i_1, ...] = x[j_0, j_1, ...] with j_order[k] = i_k",
    .help = "Permutes the axes: axis k of y is axis order[k] of x, as numpy.transpose.",
    .inputs = "x",
    .onnx = "Transpose",
    .traits = CG_LINEAR,
    .attrs = attrs,
    .attrs_size = sizeof(cg_transpose_attrs),
    .shape = shape,
    .vjp = vjp,
    .flow = flow,
    .items = items_runs,
    .planes = cg_planes_rows,
    .grain = grain,
    .forward = CG_TIERS(transpose_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_transpose(cg_node *x, const int64_t order[])
{
    if (!x) return NULL;
    cg_transpose_attrs a = { { 0 } };
    for (int i = 0; i < cg_node_shape(x)->rank; i++) a.order[i] = order[i];
    return cg_record1(&cg_op_transpose, &a, x);
}

#endif
