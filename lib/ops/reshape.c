/* The same elements in the same order under another shape. */
#include "ops/op_file.h"

#if CG_DESCRIBE

static const cg_attr attrs[] = {
    CG_SHAPE_ATTR(cg_shape_attrs, shape, "of y; as many elements as x"),
    CG_END_ATTRS,
};

static cg_status shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    const cg_shape *x = cg_node_shape(cg_node_input(node, 0));
    const cg_shape_attrs *a = cg_node_attrs(node);
    char from[CG_SHAPE_TEXT], to[CG_SHAPE_TEXT];
    cg_status status = cg_shape_check(&a->shape, error);
    if (status != CG_OK) return status;
    *y = a->shape;
    if (cg_shape_size(x) != cg_shape_size(y))
        return cg_shape_fail(node, error, "expected a shape of %lld elements for %s, found %s",
                             (long long)cg_shape_size(x), cg_shape_text(x, from),
                             cg_shape_text(y, to));
    return CG_OK;
}

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    dx[0] = cg_reshape(dy, *cg_node_shape(cg_node_input(node, 0)));
}

static cg_flow flow(const cg_node *node, const bool batched[])
{
    const cg_shape *x = cg_node_shape(cg_node_input(node, 0)), *y = cg_node_shape(node);
    if (!batched[0]) return CG_FLOW_NONE;
    return x->rank && y->rank && x->dim[0] == y->dim[0] ? CG_FLOW_ALONG : CG_FLOW_MIXED;
}

static void reference(const cg_ref_call *c)
{
    for (int64_t i = 0, n = cg_shape_size(c->ys); i < n; i++) c->y[i] = c->x[0][i];
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(2, 3, 4) }, .n_x = 1, .attrs = &(cg_shape_attrs){ CG_DIMS(2, 12) } },
    { .x = { CG_DIMS(6, 5) }, .n_x = 1, .attrs = &(cg_shape_attrs){ CG_DIMS(3, 1, 2, 5) } },
    { .x = { CG_DIMS(1) }, .n_x = 1, .attrs = &(cg_shape_attrs){ { .rank = 0 } } },
    CG_END_SAMPLES,
};

const cg_op cg_op_reshape = {
    .name = "reshape",
    .formula = "y[i] = x[i], i the position in C order",
    .help = "The elements keep their order (C order); nothing is moved or copied.",
    .inputs = "x",
    .onnx = "Reshape",
    .traits = CG_VIEW | CG_LINEAR,
    .attrs = attrs,
    .attrs_size = sizeof(cg_shape_attrs),
    .shape = shape,
    .vjp = vjp,
    .flow = flow,
    .reference = reference,
    .samples = samples,
};

cg_node *cg_reshape(cg_node *x, cg_shape shape)
{
    return cg_record1(&cg_op_reshape, &(cg_shape_attrs){ shape }, x);
}

cg_node *cg_flatten(cg_node *x)
{
    if (!x) return NULL;
    const cg_shape *s = cg_node_shape(x);
    if (s->rank == 0) {
        cg_graph_fail(cg_node_graph(x), CG_ESHAPE, "flatten: expected N x ..., found a scalar");
        return NULL;
    }
    return cg_reshape(x, CG_SHAPE(s->dim[0], cg_shape_size(s) / s->dim[0]));
}

#endif
