#include "ops/op_file.h"

#include "base/error.h"
#include "kernels/reduce.h"
#include "ops/reduce_rules.h"
#include "ops/reference.h"

CG_KERNEL(max_mask_forward)
{
    const cg_reduce_attrs *a = c->attrs;
    cg_reduce_max_mask(c->x[0], c->xs[0], a->axes, c->y, begin, end);
}

#if CG_DESCRIBE

/* A step: flat wherever it has a derivative at all. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    (void)node, (void)dy, (void)dx;
}

static cg_status shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    CG_TRY(cg_shape_reduce(node, y, error));
    return cg_shape_same(node, y, error);
}

static cg_flow flow(const cg_node *node, const bool batched[])
{
    return cg_reduce_flow(node, batched, CG_FLOW_MIXED);
}

/* An item is a group: its one 1 is known only after all of it has been seen. */
static int64_t items(const cg_node *node)
{
    cg_shape groups = cg_reduce_kept(cg_node_shape(node), cg_reduce_axes(node));
    return cg_shape_size(&groups);
}

static void reference(const cg_ref_call *c)
{
    const cg_reduce_attrs *a = c->attrs;
    int64_t size = cg_ref_group_size(c->xs[0], a->axes), n_groups = cg_shape_size(c->xs[0]) / size;
    for (int64_t g = 0; g < n_groups; g++) {
        int64_t best = 0;
        for (int64_t r = 0; r < size; r++) {
            int64_t at = cg_ref_member(c->xs[0], a->axes, g, r);
            if (cg_ref_beats(c->x[0][at], c->x[0][cg_ref_member(c->xs[0], a->axes, g, best)]))
                best = r;
            c->y[at] = 0;
        }
        c->y[cg_ref_member(c->xs[0], a->axes, g, cg_take(c, best))] = 1;
    }
}

static const cg_attr attrs[] = {
    CG_AXES_ATTR(cg_reduce_attrs, axes, "the axes that the maximum is taken along; none: all"),
    CG_END_ATTRS,
};

static const cg_sample samples[] = {
    CG_REDUCE_CASE(CG_DIMS(7), .axes = 0),
    CG_REDUCE_CASE(CG_DIMS(2, 3, 5), .axes = CG_AXIS(2)),
    CG_REDUCE_CASE(CG_DIMS(4, 5), .axes = CG_AXIS(0)),
    CG_REDUCE_CASE(CG_DIMS(2, 3, 2, 2), .axes = CG_AXIS(0) | CG_AXIS(2) | CG_AXIS(3)),
    CG_REDUCE_CASE(CG_DIMS(2, 3, 4), .axes = CG_AXIS(1)),
    CG_REDUCE_CASE({ .rank = 0 }, .axes = 0),
    CG_REDUCE_CASE(CG_DIMS(2, 1, 3, 1, 2), .axes = CG_AXIS(1) | CG_AXIS(4)),
    CG_END_SAMPLES,
};

const cg_op cg_op_max_mask = {
    .name = "max_mask",
    .formula = "y = 1 at the first maximum of x along axes, else 0",
    .help = "Where max takes its value from; the gradient is 0.",
    .inputs = "x",
    .onnx = "",
    .attrs = attrs,
    .attrs_size = sizeof(cg_reduce_attrs),
    .shape = shape,
    .vjp = vjp,
    .flow = flow,
    .items = items,
    .flops = cg_flops_reduce,
    .forward = CG_TIERS(max_mask_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_max_mask(cg_node *x, int64_t axes)
{
    return cg_record1(&cg_op_max_mask, &(cg_reduce_attrs){ .axes = axes }, x);
}

#endif
