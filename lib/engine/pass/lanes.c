/* Lanes: the batch moves from the first axis into the lanes of vectors.
 *
 * A value of shape N A B .. whose N is a multiple of 16 is kept as N/16 A B .. 16, so that every
 * kernel works on 16 images at a time, in whole vectors, whatever the number of channels or the
 * width of a row.  Convolutions begin it: conv2d(x, w) becomes from_lanes(conv2d(to_lanes(x), w)).
 * Every later op that can draws from_lanes behind itself, so that a value stays in the lanes from
 * layer to layer, and the conversions that nobody needs any more are left out as dead. */
#include "engine/pass/pass.h"

#include <cnngraph/ops.h>

#include "graph/graph.h"

#include <string.h>

enum { LANES = CG_LANE_IMAGES };

/* ---- there and back ---------------------------------------------------------------------------
 * N A B .. is 16-image blocks of N/16 (16, M); swapping the last two axes puts images in lanes. */

static const int64_t swap[CG_MAX_RANK] = { 0, 2, 1 };

static cg_shape shape_in_lanes(const cg_shape *s)
{
    cg_shape y = *s;
    y.dim[0] /= LANES;
    y.dim[y.rank++] = LANES;
    return y;
}

static bool fits(const cg_shape *s)
{
    return s->rank >= 2 && s->rank < CG_MAX_RANK && s->dim[0] && s->dim[0] % LANES == 0;
}

static cg_node *from_lanes(cg_node *v)
{
    if (!v) return NULL;
    cg_shape y = *cg_node_shape(v);
    int64_t m = cg_shape_size(&y) / (y.dim[0] * LANES);
    cg_shape blocks = CG_SHAPE(y.dim[0], m, LANES);
    y.dim[0] *= LANES;
    y.rank--;
    return cg_reshape(cg_transpose(cg_reshape(v, blocks), swap), y);
}

/* What from_lanes made x of, or NULL if it did not. */
static cg_node *lanes_of(const cg_node *x)
{
    if (!cg_is(x, "reshape") || !cg_is(x->x[0], "transpose")) return NULL;
    const cg_node *turned = x->x[0];
    const cg_transpose_attrs *a = turned->attrs;
    cg_node *blocks = turned->x[0];
    if (blocks->shape.rank != 3 || blocks->shape.dim[2] != LANES || !fits(&x->shape) ||
        x->shape.dim[0] != LANES * blocks->shape.dim[0] || a->order[0] != 0 || a->order[1] != 2)
        return NULL;
    cg_shape y = shape_in_lanes(&x->shape);
    cg_node *v = cg_is(blocks, "reshape") ? blocks->x[0] : blocks;
    return cg_shape_equal(&v->shape, &y) ? v : cg_reshape(v, y);
}

static cg_node *to_lanes(cg_node *x)
{
    cg_node *v = lanes_of(x);
    if (v) return v;
    cg_shape y = shape_in_lanes(&x->shape);
    int64_t m = cg_shape_size(&x->shape) / x->shape.dim[0];
    cg_shape blocks = CG_SHAPE(y.dim[0], LANES, m);
    return cg_reshape(cg_transpose(cg_reshape(x, blocks), swap), y);
}

/* ---- op by op ---------------------------------------------------------------------------------
 */

static bool any_in_lanes(const cg_node *node, cg_node *const x[])
{
    for (int i = 0; i < node->n_x; i++)
        if (lanes_of(x[i])) return true;
    return false;
}

/* The same op on images in lanes; the inputs from n_images on have no batch (weights). */
static cg_node *same_op(cg_graph *to, const cg_node *node, cg_node *const x[], int n_images)
{
    cg_node *v[CG_MAX_INPUTS];
    for (int i = 0; i < node->n_x; i++) v[i] = i < n_images ? to_lanes(x[i]) : x[i];
    return cg_record(to, node->op, node->attrs, node->n_x, v);
}

/* These gain from it by themselves. */
static cg_node *convolution(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    return fits(&x[0]->shape) ? from_lanes(same_op(to, node, x, 1)) : NULL;
}

/* Of all images together, whichever way they lie. */
static cg_node *moments(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    int images = node->n_x == 1 ? 1 : 2; /* then comes the mean */
    return ((const cg_moments_attrs *)node->attrs)->each ? NULL : same_op(to, node, x, images);
}

/* So many parts of a sum over the batch give several threads something to do, and are soon added.
 */
static int64_t parts_of(int64_t blocks, const cg_shape *result)
{
    enum { MOST = 8, ELEMENTS = 1 << 19 };
    int64_t parts = blocks < MOST ? blocks : MOST;
    while (parts > 1 && parts * cg_shape_size(result) > ELEMENTS) parts /= 2;
    return parts;
}

static cg_node *weight_gradient(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    cg_conv2d_attrs a = *(const cg_conv2d_attrs *)node->attrs;
    if (!fits(&x[0]->shape) || a.parts) return NULL;
    cg_node *v[2] = { to_lanes(x[0]), to_lanes(x[1]) };
    int64_t parts = parts_of(v[0]->shape.dim[0], &node->shape);
    if (parts == 1) return cg_record(to, node->op, &a, 2, v);
    a.parts = parts;
    return cg_sum(cg_record(to, node->op, &a, 2, v), CG_AXIS(0), false);
}

/* These follow where a value is in lanes already. */
static cg_node *of_images(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    return from_lanes(same_op(to, node, x, node->n_x));
}

static cg_node *of_image(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    return lanes_of(x[0]) ? from_lanes(same_op(to, node, x, 1)) : NULL;
}

static cg_node *join(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    const cg_axis_attrs *a = node->attrs;
    int axis = (int)(a->axis < 0 ? a->axis + node->shape.rank : a->axis);
    if (axis == 0 || node->n_x > CG_MAX_INPUTS) return NULL;
    cg_node *v[CG_MAX_INPUTS];
    (void)to;
    for (int i = 0; i < node->n_x; i++) v[i] = to_lanes(x[i]);
    return from_lanes(cg_concat(node->n_x, v, axis));
}

/* An axis of 1 at the end lets an operand without a batch broadcast over the lanes too. */
static cg_node *without_batch(cg_node *x)
{
    cg_shape y = x->shape;
    y.dim[y.rank++] = 1;
    return cg_reshape(x, y);
}

/* An operand of an elementwise op whose result has n images and that rank. */
static cg_node *operand(cg_node *x, int64_t n, int rank)
{
    if (cg_is(x, "broadcast") && x->x[0]->shape.rank == rank)
        x = x->x[0]; /* the op repeats it as well as a copy would */
    if (x->shape.rank == 0) return x;
    if (x->shape.rank < rank || x->shape.dim[0] == 1) return without_batch(x);
    return x->shape.dim[0] == n ? to_lanes(x) : NULL;
}

static cg_node *elementwise(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    cg_node *v[CG_MAX_INPUTS];
    bool has_shape = false; /* is there an operand that is not to be broadcast? */
    for (int i = 0; i < node->n_x; i++) {
        has_shape = has_shape || (lanes_of(x[i]) && cg_shape_equal(&x[i]->shape, &node->shape));
        v[i] = operand(x[i], node->shape.dim[0], node->shape.rank);
        if (!v[i]) return NULL;
    }
    return has_shape ? from_lanes(cg_record(to, node->op, node->attrs, node->n_x, v)) : NULL;
}

static cg_node *reshape(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    (void)to;
    if (!fits(&node->shape) || node->shape.dim[0] != x[0]->shape.dim[0]) return NULL;
    return from_lanes(cg_reshape(lanes_of(x[0]), shape_in_lanes(&node->shape)));
}

/* Parts of each image: the batch and the lanes stay whole. */
static cg_node *part(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    cg_slice_attrs a = *(const cg_slice_attrs *)node->attrs;
    cg_node *v = lanes_of(x[0]);
    if (a.size.dim[0] != x[0]->shape.dim[0]) return NULL;
    a.begin[a.size.rank] = 0;
    a.step[a.size.rank] = 1;
    a.size = shape_in_lanes(&a.size);
    return from_lanes(cg_record(to, node->op, &a, 1, &v));
}

static cg_node *part_back(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    cg_unslice_attrs a = *(const cg_unslice_attrs *)node->attrs;
    cg_node *v = lanes_of(x[0]);
    if (a.like.dim[0] != x[0]->shape.dim[0]) return NULL;
    a.begin[a.like.rank] = 0;
    a.step[a.like.rank] = 1;
    a.like = shape_in_lanes(&a.like);
    return from_lanes(cg_record(to, node->op, &a, 1, &v));
}

static cg_node *padding(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    cg_pad_attrs a = *(const cg_pad_attrs *)node->attrs;
    cg_node *v = lanes_of(x[0]);
    if (a.before[0] || a.after[0]) return NULL;
    a.before[node->shape.rank] = a.after[node->shape.rank] = 0;
    return from_lanes(cg_record(to, node->op, &a, 1, &v));
}

/* Over the batch or not, as the axes say; the lanes are a part of the batch. */
static cg_node *reduction(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    cg_reduce_attrs a = *(const cg_reduce_attrs *)node->attrs;
    cg_node *v = lanes_of(x[0]);
    int rank = x[0]->shape.rank;
    if (a.axes == 0) a.axes = CG_AXIS(rank) - 1;
    bool over_batch = (a.axes & 1) != 0;
    if (over_batch) a.axes |= CG_AXIS(rank);
    if (!over_batch && !a.keep && node->shape.rank < 2) return NULL;
    cg_node *y = cg_record(to, node->op, &a, 1, &v);
    if (!over_batch) return from_lanes(y);
    return a.keep ? cg_reshape(y, node->shape) : y;
}

/* Does a layer with these weights run in lanes already? */
static bool is_laned(const cg_graph *graph, const cg_node *weights)
{
    for (int id = graph->n_nodes - 1; id > weights->id; id--) {
        const cg_node *node = graph->node[id];
        if (cg_is(node, "matmul") && node->x[0] == weights && node->shape.rank == 3) return true;
    }
    return false;
}

/* x W for rows x becomes W^T x for columns x, 16 of them side by side; also where x is not there,
 * if it is the gradient that goes back through a layer that was. */
static cg_node *rows_times_matrix(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    const cg_matmul_attrs *a = node->attrs;
    cg_node *v = lanes_of(x[0]);
    if (!v && fits(&x[0]->shape) && is_laned(to, x[1])) v = to_lanes(x[0]);
    if (!v || a->transpose_a || node->shape.rank != 2 || lanes_of(x[1])) return NULL;
    return from_lanes(cg_matmul(x[1], v, !a->transpose_b, false));
}

/* ---- the pass ---------------------------------------------------------------------------------
 */

static const struct {
    const char *op;
    cg_visit *visit;
    bool begins; /* also where no input is in lanes yet */
} rules[] = {
    { "conv2d", convolution, true },
    { "conv_transpose2d", convolution, true },
    { "conv2d_dw", weight_gradient, true },
    { "max_pool2d", of_image, false },
    { "max_pool2d_dx", of_images, false },
    { "max_pool2d_pick", of_images, false },
    { "avg_pool2d", of_image, false },
    { "avg_pool2d_dx", of_image, false },
    { "moments", moments, false },
    { "comoments", moments, false },
    { "batch_norm", of_image, false },
    { "batch_norm_eval", of_image, false },
    { "concat", join, false },
    { "reshape", reshape, false },
    { "slice", part, false },
    { "unslice", part_back, false },
    { "pad", padding, false },
    { "unpad", padding, false },
    { "sum", reduction, false },
    { "mean", reduction, false },
    { "max", reduction, false },
    { "matmul", rows_times_matrix, true },
};

cg_node *cg_lanes_visit(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    bool is_in_lanes = any_in_lanes(node, x);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (cg_is(node, rules[i].op))
            return is_in_lanes || rules[i].begins ? rules[i].visit(to, node, x) : NULL;
    bool can = (node->op->traits & CG_ELEMENTWISE) && !(node->op->traits & CG_RANDOM);
    return can && is_in_lanes && fits(&node->shape) ? elementwise(to, node, x) : NULL;
}
