#include "ops/op_file.h"

#include "kernels/softmax.h"
#include "ops/reference.h"
#include "ops/softmax_rules.h"

#include <math.h>

CG_KERNEL(softmax_forward)
{
    const cg_axis_attrs *a = c->attrs;
    cg_softmax_groups(c->x[0], c->xs[0], a->axis, false, c->y, begin, end);
}

#if CG_DESCRIBE

/* dx = y (dy - sum of dy y): the output is all the gradient needs. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *inner = cg_sum(cg_mul(dy, node), CG_AXIS(cg_softmax_axis(node)), true);
    dx[0] = cg_mul(node, cg_sub(dy, inner));
}

static void reference(const cg_ref_call *c)
{
    const cg_shape *x = c->xs[0];
    const cg_axis_attrs *a = c->attrs;
    int64_t axes = CG_AXIS(a->axis < 0 ? a->axis + x->rank : a->axis);
    int64_t size = cg_ref_group_size(x, axes), n_groups = cg_shape_size(x) / size;
    for (int64_t g = 0; g < n_groups; g++) {
        double largest = -INFINITY, sum = 0;
        for (int64_t r = 0; r < size; r++)
            largest = fmax(largest, c->x[0][cg_ref_member(x, axes, g, r)]);
        for (int64_t r = 0; r < size; r++)
            sum += exp(c->x[0][cg_ref_member(x, axes, g, r)] - largest);
        for (int64_t r = 0; r < size; r++) {
            int64_t at = cg_ref_member(x, axes, g, r);
            c->y[at] = exp(c->x[0][at] - largest) / sum;
        }
    }
}

static const cg_attr attrs[] = CG_SOFTMAX_ATTRS;

static const cg_sample samples[] = CG_SOFTMAX_SAMPLES;

const cg_op cg_op_softmax = {
    .name = "softmax",
    .formula = "y = e^x / sum of e^x along axis",
    .help = "Probabilities along an axis, the last by default.  The maximum is taken off first, so "
            "nothing overflows.",
    .inputs = "x",
    .onnx = "Softmax",
    .traits = CG_LAYER,
    .attrs = attrs,
    .attrs_size = sizeof(cg_axis_attrs),
    .shape = cg_softmax_shape,
    .vjp = vjp,
    .flow = cg_softmax_flow,
    .items = cg_softmax_items,
    .flops = cg_softmax_flops,
    .forward = CG_TIERS(softmax_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_softmax(cg_node *x, int axis)
{
    return cg_record1(&cg_op_softmax, &(cg_axis_attrs){ .axis = axis }, x);
}

#endif
