/* Arrays one behind the other along an axis. */
#include "ops/op_file.h"

#include <string.h>

/* An input as blocks: `outer` of them, each contiguous, of the elements from the axis inwards. */
static inline int64_t block_size(const cg_shape *s, int64_t axis)
{
    int64_t size = 1;
    for (int i = (int)axis; i < s->rank; i++) size *= s->dim[i];
    return size;
}

static inline int64_t axis_of(const cg_axis_attrs *a, int rank)
{
    return a->axis < 0 ? a->axis + rank : a->axis;
}

/* One item per element, copied in pieces that no input's block crosses. */
CG_KERNEL(concat_forward)
{
    int64_t axis = axis_of(c->attrs, c->ys->rank), row = block_size(c->ys, axis);
    for (int64_t at = begin, n; at < end; at += n) {
        int64_t outer = at / row, within = at % row, block = block_size(c->xs[0], axis);
        int i = 0;
        while (within >= block) {
            within -= block;
            block = block_size(c->xs[++i], axis);
        }
        n = block - within < end - at ? block - within : end - at;
        const float *from = c->x[i] + outer * block + within;
        if (from != c->y + at)
            memcpy(c->y + at, from, (size_t)n * sizeof *from); /* there already */
    }
}

#if CG_DESCRIBE

static const cg_attr attrs[] = {
    CG_INT(cg_axis_attrs, axis, 1, -CG_MAX_RANK, CG_MAX_RANK - 1,
           "that grows; negative from the last"),
    CG_END_ATTRS,
};

static cg_status shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    char first[CG_SHAPE_TEXT], other[CG_SHAPE_TEXT];
    *y = *cg_node_shape(cg_node_input(node, 0));
    int64_t axis = axis_of(cg_node_attrs(node), y->rank);
    if (axis < 0 || axis >= y->rank)
        return cg_shape_fail(node, error, "axis must be below the rank of %s, found %lld",
                             cg_shape_text(y, first), (long long)axis);
    for (int k = 1; k < cg_node_arity(node); k++) {
        const cg_shape *x = cg_node_shape(cg_node_input(node, k));
        bool fits = x->rank == y->rank;
        for (int i = 0; fits && i < y->rank; i++) fits = i == axis || x->dim[i] == y->dim[i];
        if (!fits)
            return cg_shape_fail(
                node, error, "inputs must agree but for axis %lld, found %s and %s",
                (long long)axis, cg_shape_text(cg_node_shape(cg_node_input(node, 0)), first),
                cg_shape_text(x, other));
        y->dim[axis] += x->dim[axis];
    }
    return CG_OK;
}

static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    int64_t axis = axis_of(cg_node_attrs(node), cg_node_shape(node)->rank);
    int64_t at[CG_MAX_RANK] = { 0 };
    for (int i = 0; i < cg_node_arity(node); i++) {
        const cg_shape *x = cg_node_shape(cg_node_input(node, i));
        if (cg_wants(node, i)) dx[i] = cg_slice(dy, at, *x, NULL);
        at[axis] += x->dim[axis];
    }
}

static cg_flow flow(const cg_node *node, const bool batched[])
{
    int n = cg_node_arity(node), n_batched = 0;
    for (int i = 0; i < n; i++) n_batched += batched[i];
    if (n_batched == 0) return CG_FLOW_NONE;
    int64_t axis = axis_of(cg_node_attrs(node), cg_node_shape(node)->rank);
    return n_batched == n && axis != 0 ? CG_FLOW_ALONG : CG_FLOW_MIXED;
}

/* Scatters: input by input, element by element. */
static void reference(const cg_ref_call *c)
{
    int64_t axis = axis_of(c->attrs, c->ys->rank), row = block_size(c->ys, axis), at = 0;
    for (int i = 0; i < c->n_x; i++) {
        int64_t block = block_size(c->xs[i], axis);
        for (int64_t e = 0, n = cg_shape_size(c->xs[i]); e < n; e++)
            c->y[e / block * row + at + e % block] = c->x[i][e];
        at += block;
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(2, 3, 2), CG_DIMS(2, 1, 2), CG_DIMS(2, 2, 2) },
      .n_x = 3,
      .attrs = &(cg_axis_attrs){ 1 } },
    { .x = { CG_DIMS(2, 3), CG_DIMS(4, 3) }, .n_x = 2, .attrs = &(cg_axis_attrs){ 0 } },
    { .x = { CG_DIMS(2, 3), CG_DIMS(2, 4) }, .n_x = 2, .attrs = &(cg_axis_attrs){ -1 } },
    { .x = { CG_DIMS(2, 3) }, .n_x = 1, .attrs = &(cg_axis_attrs){ 1 } },
    CG_END_SAMPLES,
};

const cg_op cg_op_concat = {
    .name = "concat",
    .formula = "y = x_0, x_1, ... one behind the other along axis",
    .help = "All other axes must agree. The default axis is 1, the channels.",
    .inputs = "x...",
    .onnx = "Concat",
    .traits = CG_LINEAR,
    .attrs = attrs,
    .attrs_size = sizeof(cg_axis_attrs),
    .shape = shape,
    .vjp = vjp,
    .flow = flow,
    .forward = CG_TIERS(concat_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_concat(int n, cg_node *const x[], int axis)
{
    int there = 0;
    while (there < n && !x[there]) there++;
    if (there >= n) return NULL;
    return cg_record(cg_node_graph(x[there]), &cg_op_concat, &(cg_axis_attrs){ axis }, n, x);
}

#endif
