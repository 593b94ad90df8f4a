#include "ops/op_file.h"

#include "kernels/map.h"
#include "ops/reference.h"

#include <math.h>

/* Lane by lane through the C library: exp(b log a) in floats would lose up to seven bits, and the
 * signs and zeros of whole exponents come along right. */
static inline cg_vec power(cg_vec a, cg_vec b)
{
    cg_vec y;
    for (int i = 0; i < CG_LANES; i++) y[i] = powf(a[i], b[i]);
    return y;
}

CG_MAP2(pow_forward, a, b, power(a, b))

#if CG_DESCRIBE

/* dy/da = b a^(b-1), and 0 for b = 0 even at a = 0; dy/db = y log a. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *a = cg_node_input(node, 0), *b = cg_node_input(node, 1);
    if (cg_wants(node, 0)) {
        cg_node *zero = cg_constant(cg_node_graph(node), (cg_shape){ 0 }, 0);
        cg_node *slope = cg_mul(b, cg_pow(a, cg_shift(b, -1)));
        dx[0] = cg_sum_to(cg_mul(dy, cg_where(b, slope, zero)), *cg_node_shape(a));
    }
    if (cg_wants(node, 1))
        dx[1] = cg_sum_to(cg_mul(dy, cg_mul(node, cg_log(a))), *cg_node_shape(b));
}

static void reference(const cg_ref_call *c)
{
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++) {
        double a = cg_ref_broadcast(c, 0, i), b = cg_ref_broadcast(c, 1, i);
        c->y[i] = pow(a, b);
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(7), CG_DIMS(7) }, .n_x = 2, .low = 0.4, .high = 2 },
    { .x = { CG_DIMS(2, 3, 5), CG_DIMS(3, 1) }, .n_x = 2, .low = 0.4, .high = 2 },
    { .x = { CG_DIMS(5), CG_DIMS(4, 5) }, .n_x = 2, .low = 0.4, .high = 2 },
    { .x = { CG_DIMS(4, 1), CG_DIMS(1, 3) }, .n_x = 2, .low = 0.4, .high = 2 },
    { .x = { { .rank = 0 }, CG_DIMS(2, 3) }, .n_x = 2, .low = 0.4, .high = 2 },
    { .x = { CG_DIMS(2, 3), { .rank = 0 } }, .n_x = 2, .low = 0.4, .high = 2 },
    { .x = { CG_DIMS(2, 1, 3, 1, 2), CG_DIMS(3, 1, 2, 1) }, .n_x = 2, .low = 0.4, .high = 2 },
    CG_END_SAMPLES,
};

const cg_op cg_op_pow = {
    .name = "pow",
    .formula = "y = a^b",
    .help = "For a > 0, or b whole.  The gradient in b, y log a, is that of a > 0.",
    .inputs = "a b",
    .onnx = "Pow",
    .traits = CG_ELEMENTWISE,
    .shape = cg_shape_broadcast,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .flops = cg_flops_per_element,
    .forward = CG_TIERS(pow_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_pow(cg_node *a, cg_node *b)
{
    return cg_record2(&cg_op_pow, NULL, a, b);
}

#endif
