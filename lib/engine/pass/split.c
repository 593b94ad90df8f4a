/* Split: what spans the batch becomes a part for each plane, which joins the steps that make or
 * read the plane while it is in cache, and a small rest.
 *
 * A sum over all axes but the channels is the sum of the planes' sums.  Batch normalisation is one
 * multiplication and addition an element once its moments are known, and these follow from the
 * moments of the planes. */
#include "engine/pass/pass.h"

#include <cnngraph/ops.h>

#include "graph/graph.h"

/* The axes of a plane of x, and of all that a channel spans. */
static int64_t plane_axes(const cg_shape *x)
{
    return (CG_AXIS(x->rank) - 1) & ~(CG_AXIS(0) | CG_AXIS(1));
}

static bool has_planes(const cg_shape *x)
{
    return x->rank > 2 && x->dim[0] > 0 && x->dim[1] > 0 &&
           cg_shape_size(x) > x->dim[0] * x->dim[1];
}

static cg_node *sum(const cg_node *node, cg_node *const x[])
{
    const cg_reduce_attrs *a = node->attrs;
    const cg_shape *s = &x[0]->shape;
    if (!has_planes(s) || a->axes != (plane_axes(s) | CG_AXIS(0))) return NULL;
    cg_node *planes = cg_sum(x[0], plane_axes(s), true);
    return cg_reshape(cg_sum(planes, CG_AXIS(0), true), node->shape);
}

/* Planes of equal size: the mean of their means, and the mean of their variances and of how far
 * their means lie from that one (Chan, Golub, LeVeque, 1983). */
static cg_node *moments(const cg_node *node, cg_node *const x[])
{
    if (((const cg_moments_attrs *)node->attrs)->each || !has_planes(&x[0]->shape)) return NULL;
    cg_node *each = cg_moments(x[0], true), *means = cg_moment(each, 0);
    cg_node *mean = cg_mean(means, CG_AXIS(0), true);
    cg_node *spread = cg_add(cg_moment(each, 1), cg_square(cg_sub(means, mean)));
    return cg_concat(2, (cg_node *[]){ mean, cg_mean(spread, CG_AXIS(0), true) }, 2);
}

static cg_node *comoments(const cg_node *node, cg_node *const x[])
{
    if (((const cg_moments_attrs *)node->attrs)->each || !has_planes(&x[0]->shape)) return NULL;
    return cg_sum(cg_comoments(x[0], x[1], x[2], true), CG_AXIS(0), true);
}

/* v, one value for each channel, against x. */
static cg_node *as_channels(cg_node *v, const cg_shape *x)
{
    cg_shape y = { .rank = x->rank };
    for (int i = 0; i < x->rank; i++) y.dim[i] = i == 1 ? x->dim[1] : 1;
    return cg_reshape(v, y);
}

/* y = x slope + (beta - mean slope), slope = gamma / sqrt(var + epsilon), written so that an
 * infinite variance gives NaN and not 0, which nobody would notice. */
static cg_node *normalise(cg_node *const x[], cg_node *mean, cg_node *var, double epsilon)
{
    const cg_shape *s = &x[0]->shape, channels = CG_SHAPE(s->dim[1]);
    cg_node *v = cg_shift(cg_reshape(var, channels), epsilon);
    cg_node *slope = cg_div(cg_mul(x[1], cg_sqrt(v)), v);
    cg_node *offset = cg_sub(x[2], cg_mul(cg_reshape(mean, channels), slope));
    return cg_fma(x[0], as_channels(slope, s), as_channels(offset, s));
}

static cg_node *batch_norm(const cg_node *node, cg_node *const x[])
{
    const cg_norm_attrs *a = node->attrs;
    cg_node *whole = cg_moments(x[0], false), *split = whole ? moments(whole, &x[0]) : NULL;
    if (split) whole = split;
    return normalise(x, cg_moment(whole, 0), cg_moment(whole, 1), a->epsilon);
}

static cg_node *batch_norm_eval(const cg_node *node, cg_node *const x[])
{
    const cg_norm_attrs *a = node->attrs;
    return normalise(x, x[3], x[4], a->epsilon);
}

cg_node *cg_split_visit(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    (void)to;
    if (cg_is(node, "sum")) return sum(node, x);
    if (cg_is(node, "moments")) return moments(node, x);
    if (cg_is(node, "comoments")) return comoments(node, x);
    if (cg_is(node, "batch_norm")) return batch_norm(node, x);
    if (cg_is(node, "batch_norm_eval")) return batch_norm_eval(node, x);
    return NULL;
}
