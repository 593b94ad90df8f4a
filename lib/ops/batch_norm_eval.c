/* Normalisation by stored statistics, x: N C ..., gamma, beta, mean, var: C. */
#include "ops/op_file.h"

#include "ops/norm.h"

#include <math.h>

/* One item per plane, the elements of one sample and channel. */
CG_KERNEL(batch_norm_eval_forward)
{
    const cg_shape *xs = c->xs[0];
    int64_t C = xs->dim[1], plane = cg_shape_size(xs) / (xs->dim[0] * C);
    double epsilon = ((const cg_norm_attrs *)c->attrs)->epsilon;
    for (int64_t item = begin; item < end; item++) {
        int64_t k = item % C;
        float slope = (float)((double)c->x[1][k] / sqrt((double)c->x[4][k] + epsilon));
        norm_apply(c->x[0] + item * plane, c->y + item * plane, plane, c->x[3][k], slope,
                   c->x[2][k]);
    }
}

#if CG_DESCRIBE

static const cg_attr attrs[] = NORM_ATTRS;

/* With r = 1 / sqrt(var + epsilon), d = x - mean and sums over all axes but 1:
 *     dx = dy gamma r          dgamma = r sum(dy d)                   dbeta = sum(dy)
 *     dmean = -gamma r dbeta   dvar = -gamma r^3 sum(dy d) / 2 */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    const cg_norm_attrs *a = cg_node_attrs(node);
    cg_node *x = cg_node_input(node, 0), *mean = cg_node_input(node, 3);
    const cg_shape *s = cg_node_shape(x);
    int64_t axes = norm_axes(s);
    cg_node *r = cg_div(cg_constant(cg_node_graph(node), (cg_shape){ 0 }, 1),
                        cg_sqrt(cg_shift(cg_node_input(node, 4), a->epsilon)));
    cg_node *slope = cg_mul(cg_node_input(node, 1), r);
    if (cg_wants(node, 0)) dx[0] = cg_mul(dy, norm_as_channels(s, slope));
    if (cg_wants(node, 1) || cg_wants(node, 4)) {
        cg_node *sum = cg_sum(cg_mul(dy, cg_sub(x, norm_as_channels(s, mean))), axes, false);
        dx[1] = cg_mul(r, sum);
        dx[4] = cg_scale(cg_mul(cg_mul(slope, cg_square(r)), sum), -0.5);
    }
    if (cg_wants(node, 2) || cg_wants(node, 3)) {
        dx[2] = cg_sum(dy, axes, false);
        dx[3] = cg_neg(cg_mul(slope, dx[2]));
    }
}

static int64_t items(const cg_node *node)
{
    return cg_node_shape(node)->dim[0] * cg_node_shape(node)->dim[1];
}

static int64_t flops(const cg_node *node)
{
    return 3 * cg_shape_size(cg_node_shape(node));
}

static void reference(const cg_ref_call *c)
{
    const cg_shape *xs = c->xs[0];
    int64_t size = cg_shape_size(xs), C = xs->dim[1], plane = size / (xs->dim[0] * C);
    double epsilon = ((const cg_norm_attrs *)c->attrs)->epsilon;
    for (int64_t e = 0; e < size; e++) {
        int64_t k = e / plane % C;
        double h = (c->x[0][e] - c->x[3][k]) / sqrt(c->x[4][k] + epsilon);
        c->y[e] = c->x[1][k] * h + c->x[2][k];
    }
}

/* All inputs share one range, and a variance is positive. */
static const cg_sample samples[] = {
    { .x = { CG_DIMS(3, 2, 2, 3), CG_DIMS(2), CG_DIMS(2), CG_DIMS(2), CG_DIMS(2) },
      .n_x = 5,
      .low = 0.2,
      .high = 2 },
    { .x = { CG_DIMS(4, 3), CG_DIMS(3), CG_DIMS(3), CG_DIMS(3), CG_DIMS(3) },
      .n_x = 5,
      .attrs = &(cg_norm_attrs){ 0.1 },
      .low = 0.2,
      .high = 2 },
    CG_END_SAMPLES,
};

const cg_op cg_op_batch_norm_eval = {
    .name = "batch_norm_eval",
    .formula = "y = gamma (x - mean) / sqrt(var + epsilon) + beta",
    .help =
        "batch_norm with the statistics that training has stored, one for each channel (axis 1).",
    .inputs = "x gamma beta mean var",
    .onnx = "BatchNormalization",
    .attrs = attrs,
    .attrs_size = sizeof(cg_norm_attrs),
    .shape = norm_shape,
    .vjp = vjp,
    .flow = cg_flow_along,
    .items = items,
    .flops = flops,
    .forward = CG_TIERS(batch_norm_eval_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_batch_norm_eval(cg_node *x, cg_node *gamma, cg_node *beta, cg_node *mean, cg_node *var,
                            double epsilon)
{
    if (!x) return NULL;
    return cg_record(cg_node_graph(x), &cg_op_batch_norm_eval, &(cg_norm_attrs){ epsilon }, 5,
                     (cg_node *[]){ x, gamma, beta, mean, var });
}

#endif
