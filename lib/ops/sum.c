#include "ops/op_file.h"

#include "kernels/reduce.h"
#include "ops/reduce_rules.h"
#include "ops/reference.h"

CG_KERNEL(sum_forward)
{
    const cg_reduce_attrs *a = c->attrs;
    cg_reduce_sum(c->x[0], c->xs[0], a->axes, 1.0f, c->y, begin, end);
}

#if CG_DESCRIBE

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    dx[0] = cg_broadcast(cg_reduce_spread(node, dy), *cg_node_shape(cg_node_input(node, 0)));
}

static cg_flow flow(const cg_node *node, const bool batched[])
{
    return cg_reduce_flow(node, batched, CG_FLOW_REDUCED);
}

static void reference(const cg_ref_call *c)
{
    const cg_reduce_attrs *a = c->attrs;
    int64_t size = cg_ref_group_size(c->xs[0], a->axes);
    for (int64_t g = 0; g < cg_shape_size(c->ys); g++) {
        double sum = 0;
        for (int64_t r = 0; r < size; r++) sum += c->x[0][cg_ref_member(c->xs[0], a->axes, g, r)];
        c->y[g] = sum;
    }
}

static cg_planes planes(const cg_node *node)
{
    const cg_shape *x = cg_node_shape(cg_node_input(node, 0));
    bool is_plane = cg_reduce_axes(node) == ((CG_AXIS(x->rank) - 1) & ~(CG_AXIS(0) | CG_AXIS(1)));
    return x->rank > 2 && is_plane ? CG_PLANES_ALONE : CG_PLANES_CROSSED;
}

static const cg_attr attrs[] = CG_REDUCE_ATTRS;

static const cg_sample samples[] = {
    CG_REDUCE_CASE(CG_DIMS(7), .axes = 0),
    CG_REDUCE_CASE(CG_DIMS(2, 3, 5), .axes = CG_AXIS(2)),
    CG_REDUCE_CASE(CG_DIMS(4, 5), .axes = CG_AXIS(0)),
    CG_REDUCE_CASE(CG_DIMS(2, 3, 2, 2), .axes = CG_AXIS(0) | CG_AXIS(2) | CG_AXIS(3)),
    CG_REDUCE_CASE(CG_DIMS(2, 3, 4), .axes = CG_AXIS(1), .keep = 1),
    CG_REDUCE_CASE({ .rank = 0 }, .axes = 0),
    CG_REDUCE_CASE(CG_DIMS(2, 1, 3, 1, 2), .axes = CG_AXIS(1) | CG_AXIS(4), .keep = 1),
    CG_END_SAMPLES,
};

const cg_op cg_op_sum = {
    .name = "sum",
    .formula = "y = sum of x along axes",
    .help = "Sums along axes, all of them by default.  Accurate however long: rounding errors are "
            "carried along.",
    .inputs = "x",
    .onnx = "ReduceSum",
    .traits = CG_LINEAR,
    .attrs = attrs,
    .attrs_size = sizeof(cg_reduce_attrs),
    .shape = cg_shape_reduce,
    .vjp = vjp,
    .flow = flow,
    .flops = cg_flops_reduce,
    .planes = planes,
    .forward = CG_TIERS(sum_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_sum(cg_node *x, int64_t axes, bool keep)
{
    return cg_record1(&cg_op_sum, &(cg_reduce_attrs){ .axes = axes, .keep = keep }, x);
}

#endif
