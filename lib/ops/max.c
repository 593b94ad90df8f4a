#include "ops/op_file.h"

#include "kernels/reduce.h"
#include "ops/reduce_rules.h"
#include "ops/reference.h"

CG_KERNEL(max_forward)
{
    const cg_reduce_attrs *a = c->attrs;
    cg_reduce_max(c->x[0], c->xs[0], a->axes, c->y, begin, end);
}

#if CG_DESCRIBE

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *mask = cg_max_mask(cg_node_input(node, 0), cg_reduce_axes(node));
    dx[0] = cg_mul(cg_reduce_spread(node, dy), mask);
}

static cg_flow flow(const cg_node *node, const bool batched[])
{
    return cg_reduce_flow(node, batched, CG_FLOW_MIXED);
}

static void reference(const cg_ref_call *c)
{
    const cg_reduce_attrs *a = c->attrs;
    int64_t size = cg_ref_group_size(c->xs[0], a->axes);
    for (int64_t g = 0; g < cg_shape_size(c->ys); g++) {
        int64_t best = 0;
        for (int64_t r = 1; r < size; r++)
            if (cg_ref_beats(c->x[0][cg_ref_member(c->xs[0], a->axes, g, r)],
                             c->x[0][cg_ref_member(c->xs[0], a->axes, g, best)]))
                best = r;
        c->y[g] = c->x[0][cg_ref_member(c->xs[0], a->axes, g, cg_take(c, best))];
    }
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

const cg_op cg_op_max = {
    .name = "max",
    .formula = "y = largest x along axes",
    .help = "The maximum along axes, all of them by default; NaN if there is one.  All of the "
            "gradient goes to the first maximum.",
    .inputs = "x",
    .onnx = "ReduceMax",
    .attrs = attrs,
    .attrs_size = sizeof(cg_reduce_attrs),
    .shape = cg_shape_reduce,
    .vjp = vjp,
    .flow = flow,
    .flops = cg_flops_reduce,
    .forward = CG_TIERS(max_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_max(cg_node *x, int64_t axes, bool keep)
{
    return cg_record1(&cg_op_max, &(cg_reduce_attrs){ .axes = axes, .keep = keep }, x);
}

#endif
