/* Axes read backwards. */
#include "ops/op_file.h"

#include "ops/strided.h"

#include <string.h>

static inline bool is_flipped(int64_t axes, int axis)
{
    return axes == 0 || (axes >> axis & 1);
}

/* One item per run of y. */
CG_KERNEL(flip_forward)
{
    const int64_t axes = ((const cg_flip_attrs *)c->attrs)->axes, n = run_length(c->ys);
    const cg_shape *ys = c->ys;
    int64_t stride[CG_MAX_RANK], index[CG_MAX_RANK];
    int last = ys->rank - 1;
    strides_of(ys, stride);
    run_index(ys, begin, index);
    for (int64_t run = begin; run < end; run++, run_next(ys, index)) {
        const float *x = c->x[0];
        float *y = c->y + run * n;
        for (int i = 0; i < last; i++)
            x += (is_flipped(axes, i) ? ys->dim[i] - 1 - index[i] : index[i]) * stride[i];
        if (last >= 0 && is_flipped(axes, last))
            for (int64_t i = 0; i < n; i++) y[i] = x[n - 1 - i];
        else
            memcpy(y, x, (size_t)n * sizeof *y);
    }
}

#if CG_DESCRIBE

static const cg_attr attrs[] = {
    CG_AXES_ATTR(cg_flip_attrs, axes, "read backwards; none named: all"),
    CG_END_ATTRS,
};

static cg_status shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    const cg_flip_attrs *a = cg_node_attrs(node);
    *y = *cg_node_shape(cg_node_input(node, 0));
    if (a->axes >> y->rank)
        return cg_shape_fail(node, error, "axes must be within 0..%d", y->rank - 1);
    return CG_OK;
}

/* Its own inverse, and its own adjoint. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    dx[0] = cg_flip(dy, ((const cg_flip_attrs *)cg_node_attrs(node))->axes);
}

static cg_flow flow(const cg_node *node, const bool batched[])
{
    if (!batched[0]) return CG_FLOW_NONE;
    return is_flipped(((const cg_flip_attrs *)cg_node_attrs(node))->axes, 0) ? CG_FLOW_MIXED
                                                                             : CG_FLOW_ALONG;
}

/* Scatters: each element of x to its one place in y. */
static void reference(const cg_ref_call *c)
{
    const int64_t axes = ((const cg_flip_attrs *)c->attrs)->axes;
    int64_t index[CG_MAX_RANK];
    for (int64_t e = 0, n = cg_shape_size(c->ys); e < n; e++) {
        int64_t to = 0;
        element_index(c->ys, e, index);
        for (int i = 0; i < c->ys->rank; i++) {
            int64_t size = c->ys->dim[i];
            bool back = axes == 0 || (axes & CG_AXIS(i));
            to = to * size + (back ? size - 1 - index[i] : index[i]);
        }
        c->y[to] = c->x[0][e];
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(2, 3, 3, 5) },
      .n_x = 1,
      .attrs = &(cg_flip_attrs){ CG_AXIS(2) | CG_AXIS(3) } },
    { .x = { CG_DIMS(3, 4, 2) }, .n_x = 1, .attrs = &(cg_flip_attrs){ CG_AXIS(1) } },
    { .x = { CG_DIMS(4, 19) }, .n_x = 1, .attrs = &(cg_flip_attrs){ CG_AXIS(0) } },
    { .x = { CG_DIMS(2, 3) }, .n_x = 1 },
    { .x = { CG_DIMS(7) }, .n_x = 1, .attrs = &(cg_flip_attrs){ CG_AXIS(0) } },
    { .x = { CG_DIMS(1) }, .n_x = 1 },
    CG_END_SAMPLES,
};

const cg_op cg_op_flip = {
    .name = "flip",
    .formula = "y[i_0, i_1, ...] = x[j_0, j_1, ...], j_k = size_k - 1 - i_k for the axes, else i_k",
    .help = "Reads axes backwards, as numpy.flip. conv2d with a kernel flipped over its last two "
            "axes is the convolution of mathematics.",
    .inputs = "x",
    .onnx = "",
    .traits = CG_LINEAR,
    .attrs = attrs,
    .attrs_size = sizeof(cg_flip_attrs),
    .shape = shape,
    .vjp = vjp,
    .flow = flow,
    .items = items_runs,
    .planes = cg_planes_rows,
    .forward = CG_TIERS(flip_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_flip(cg_node *x, int64_t axes)
{
    return cg_record1(&cg_op_flip, &(cg_flip_attrs){ axes }, x);
}

#endif
