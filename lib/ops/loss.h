/* What the losses share.  x and t: N x ..., y: N, one value for each row of the batch.
 *
 * Element losses take the mean of their terms over a row.  Class losses sum them over axis 1 and,
 * where there are axes after it (the pixels of a segmentation), take the mean over those. */
#ifndef CG_OPS_LOSS_H
#define CG_OPS_LOSS_H

#include <cnngraph/ops.h>

#include "kernels/reduce.h"
#include "kernels/vec_math.h"

/* log p is cut off here, as in PyTorch's binary_cross_entropy, and 1/p at 1/CG_LOSS_TINY. */
#define CG_LOG_FLOOR (-100.0)
#define CG_LOSS_TINY 1e-12

static inline int64_t loss_row(const cg_shape *x)
{
    return cg_shape_size(x) / x->dim[0];
}

/* The number of positions that a class loss takes the mean over. */
static inline int64_t loss_positions(const cg_shape *x)
{
    return loss_row(x) / x->dim[1];
}

/* A term of an element loss; `parameter` is the op's attribute, where it has one. */
typedef cg_vec loss_term(cg_vec x, cg_vec t, float parameter);

/* y[row] = sum over the row of term(x, t, parameter) / divisor.  (pad_x, pad_t) is where the term
 * is exactly 0: what stands past the end of a row.  Inlined, `term` and all. */
CG_INLINE void loss_rows(const cg_call *c, int64_t begin, int64_t end, loss_term *term,
                         float parameter, float pad_x, float pad_t, int64_t divisor)
{
    int64_t n = loss_row(c->xs[0]);
    for (int64_t row = begin; row < end; row++) {
        const float *x = c->x[0] + row * n, *t = c->x[1] + row * n;
        cg_vec_sum sum = { 0 };
        for (int64_t i = 0, count = 0; i < n; i += CG_LANES) {
            if (count++ == CG_SUM_BLOCK) cg_vec_sum_settle(&sum), count = 1;
            sum.block += term(cg_vec_load_pad(x + i, n - i, pad_x),
                              cg_vec_load_pad(t + i, n - i, pad_t), parameter);
        }
        c->y[row] = cg_vec_sum_lanes(&sum) / (float)divisor;
    }
}

/* max(log p, CG_LOG_FLOOR) */
CG_INLINE cg_vec loss_cut_log(cg_vec p)
{
    return cg_vec_max(cg_vec_splat((float)CG_LOG_FLOOR), cg_vec_log(p));
}

/* ---- for descriptors ------------------------------------------------------------------------ */

/* The same in double, element by element over the whole of x. */
static inline void loss_reference(const cg_ref_call *c, int64_t divisor,
                                  double term(const cg_ref_call *c, double x, double t))
{
    int64_t n_rows = c->ys->dim[0], size = cg_shape_size(c->xs[0]);
    for (int64_t row = 0; row < n_rows; row++) c->y[row] = 0;
    for (int64_t i = 0; i < size; i++)
        c->y[i / (size / n_rows)] += term(c, c->x[0][i], c->x[1][i]) / (double)divisor;
}

static inline cg_status loss_shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    cg_status status = cg_shape_same(node, y, error);
    if (status != CG_OK) return status;
    if (y->rank < 1) return cg_shape_fail(node, error, "expected N x ..., found a scalar");
    *y = CG_SHAPE(y->dim[0]);
    return CG_OK;
}

static inline cg_status loss_shape_classes(const cg_node *node, cg_shape *y, cg_error *error)
{
    cg_status status = loss_shape(node, y, error);
    if (status != CG_OK) return status;
    if (cg_node_shape(cg_node_input(node, 0))->rank < 2)
        return cg_shape_fail(node, error, "expected N x classes x ..., found one axis");
    return CG_OK;
}

static inline cg_flow loss_flow(const cg_node *node, const bool batched[])
{
    (void)node;
    if (!batched[0] && !batched[1]) return CG_FLOW_NONE;
    return batched[0] && batched[1] ? CG_FLOW_ALONG : CG_FLOW_MIXED;
}

static inline int64_t loss_flops(const cg_node *node)
{
    return 4 * cg_shape_size(cg_node_shape(cg_node_input(node, 0)));
}

static inline cg_node *loss_scalar(const cg_node *node, double value)
{
    return cg_constant(cg_node_graph(node), (cg_shape){ 0 }, value);
}

/* dy factor as N x 1 x ..., so that it multiplies the rows of x. */
static inline cg_node *loss_weight(const cg_node *node, cg_node *dy, double factor)
{
    const cg_shape *x = cg_node_shape(cg_node_input(node, 0));
    cg_shape column = { .rank = x->rank, .dim = { x->dim[0] } };
    for (int i = 1; i < x->rank; i++) column.dim[i] = 1;
    return cg_reshape(cg_scale(dy, factor), column);
}

static inline double loss_per_element(const cg_node *node)
{
    return 1.0 / (double)loss_row(cg_node_shape(cg_node_input(node, 0)));
}

static inline double loss_per_position(const cg_node *node)
{
    return 1.0 / (double)loss_positions(cg_node_shape(cg_node_input(node, 0)));
}

/* max(log p, CG_LOG_FLOOR) */
static inline cg_node *loss_log(const cg_node *node, cg_node *p)
{
    return cg_maximum(cg_log(p), loss_scalar(node, CG_LOG_FLOOR));
}

#endif
