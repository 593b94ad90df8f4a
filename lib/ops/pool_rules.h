/* What the pooling ops share: the windows of x that the elements of y look at. */
#ifndef CG_OPS_POOL_RULES_H
#define CG_OPS_POOL_RULES_H

#include "kernels/lanes_pool.h"
#include "ops/op_file.h"

/* One axis of a window: [begin, end) within x, and how many places it has on the padded axis. */
typedef struct {
    int64_t begin, end, places;
} pool_range;

static inline int64_t pool_stride(const cg_pool2d_attrs *a, int axis)
{
    return a->stride[axis] ? a->stride[axis] : a->kernel[axis];
}

/* The window of output `p` on an axis of x with `size` elements.  In ceil mode the last one may
 * reach beyond the padding, which does not count as a place. */
static inline pool_range pool_window(const cg_pool2d_attrs *a, int axis, int64_t p, int64_t size)
{
    int64_t begin = p * pool_stride(a, axis) - a->padding[axis], end = begin + a->kernel[axis];
    int64_t limit = size + a->padding[axis + 2];
    if (end > limit) end = limit;
    return (pool_range){ begin < 0 ? 0 : begin, end > size ? size : end, end - begin };
}

/* Calls body for every window of planes [begin, end) of x (of shape xs) with images in the lanes,
 * and for each of its vectors: x_at and y_at are how far they lie from the first elements. */
#define POOL_LANES(a, xs, ys, begin, end, body)                                                    \
    for (int64_t plane_ = begin; plane_ < (end); plane_++)                                         \
        for (int64_t p_ = 0; p_ < (ys)->dim[2]; p_++) {                                            \
            const pool_range rows = pool_window(a, 0, p_, (xs)->dim[2]);                           \
            for (int64_t q_ = 0; q_ < (ys)->dim[3]; q_++) {                                        \
                const pool_range columns = pool_window(a, 1, q_, (xs)->dim[3]);                    \
                const cg_lanes_window in = { rows.begin, rows.end, columns.begin, columns.end,     \
                                             (xs)->dim[3] };                                       \
                int64_t x_at = plane_ * (xs)->dim[2] * (xs)->dim[3] * CG_POOL_LANES;               \
                int64_t y_at = ((plane_ * (ys)->dim[2] + p_) * (ys)->dim[3] + q_) * CG_POOL_LANES; \
                for (int lane_ = 0; lane_ < CG_POOL_LANES;                                         \
                     lane_ += CG_LANES, x_at += CG_LANES, y_at += CG_LANES) {                      \
                    body;                                                                          \
                }                                                                                  \
            }                                                                                      \
        }

/* Elements of a plane. */
static inline int64_t plane_of(const cg_shape *s)
{
    return s->dim[2] * s->dim[3] * (s->rank == 5 ? s->dim[4] : 1);
}

#if CG_DESCRIBE

#define POOL_ATTRS(type)                                                                           \
    CG_INTS(type, kernel, 2, 2, 1, 32767, "rows, columns of a window"),                            \
        CG_INTS(type, stride, 2, 0, 0, 32767, "from one window to the next; 0: the kernel"),       \
        CG_INTS(type, padding, 4, 0, 0, 32767, "above, left, below, right; less than the kernel"), \
        CG_BOOL(type, ceil, "keep a last window that reaches beyond the padding")

/* N C P Q from N C H W.  As in PyTorch, ceil mode keeps a last window only if it starts within x or
 * the padding before it. */
static inline cg_status pool_size(const cg_node *node, const cg_pool2d_attrs *a, const cg_shape *x,
                                  cg_shape *y, cg_error *error)
{
    char text[CG_SHAPE_TEXT];
    if (x->rank != 4 && (x->rank != 5 || x->dim[4] != CG_LANE_IMAGES))
        return cg_shape_fail(node, error, "x must be N C H W, or N/16 C H W 16, found %s",
                             cg_shape_text(x, text));
    *y = *x;
    for (int axis = 0; axis < 2; axis++) {
        int64_t before = a->padding[axis], after = a->padding[axis + 2],
                stride = pool_stride(a, axis);
        if (before >= a->kernel[axis] || after >= a->kernel[axis])
            return cg_shape_fail(node, error, "padding %lld must be less than the kernel, %lld",
                                 (long long)(before > after ? before : after),
                                 (long long)a->kernel[axis]);
        int64_t room = x->dim[2 + axis] + before + after - a->kernel[axis];
        if (room < 0)
            return cg_shape_fail(node, error, "a window of %lld %s exceeds its padded input, %lld",
                                 (long long)a->kernel[axis], axis ? "columns" : "rows",
                                 (long long)(x->dim[2 + axis] + before + after));
        int64_t p = (room + (a->ceil ? stride - 1 : 0)) / stride + 1;
        if ((p - 1) * stride >= x->dim[2 + axis] + before) p--;
        y->dim[2 + axis] = p;
    }
    return CG_OK;
}

/* dy must be the output of pooling x. */
static inline cg_status pool_check(const cg_node *node, const cg_pool2d_attrs *a,
                                   const cg_shape *dy, const cg_shape *x, cg_error *error)
{
    cg_shape y;
    char want[CG_SHAPE_TEXT], have[CG_SHAPE_TEXT];
    cg_status status = pool_size(node, a, x, &y, error);
    if (status != CG_OK || cg_shape_equal(&y, dy)) return status;
    return cg_shape_fail(node, error, "dy must be %s, found %s", cg_shape_text(&y, want),
                         cg_shape_text(dy, have));
}

/* An item is one channel of one image. */
static inline int64_t pool_items(const cg_node *node)
{
    const cg_shape *y = cg_node_shape(node);
    return y->dim[0] * y->dim[1];
}

/* Images and pooling attributes for all pooling ops: CASE((N, C, H, W), (N, C, P, Q), attributes).
 */
#define POOL_CASES(CASE)                                                                \
    CASE((1, 1, 1, 1), (1, 1, 1, 1), .kernel = { 1, 1 })                                \
    CASE((1, 1, 2, 2), (1, 1, 1, 1), .kernel = { 2, 2 })                                \
    CASE((2, 3, 4, 4), (2, 3, 2, 2), .kernel = { 2, 2 })                                \
    CASE((2, 2, 4, 6), (2, 2, 2, 2), .kernel = { 2, 3 })                                \
    CASE((1, 2, 3, 4), (1, 2, 3, 4), .kernel = { 1, 1 })                                \
    CASE((1, 2, 5, 5), (1, 2, 2, 2), .kernel = { 2, 2 })                                \
    CASE((1, 2, 5, 5), (1, 2, 3, 3), .kernel = { 2, 2 }, .ceil = 1)                     \
    CASE((1, 1, 7, 5), (1, 1, 2, 1), .kernel = { 3, 3 })                                \
    CASE((1, 1, 7, 5), (1, 1, 3, 2), .kernel = { 3, 3 }, .ceil = 1)                     \
    CASE((2, 1, 5, 5), (2, 1, 1, 1), .kernel = { 5, 5 })                                \
    CASE((1, 2, 5, 6), (1, 2, 4, 5), .kernel = { 2, 2 }, .stride = { 1, 1 })            \
    CASE((1, 2, 6, 6), (1, 2, 4, 4), .kernel = { 3, 3 }, .stride = { 1, 1 })            \
    CASE((1, 2, 7, 7), (1, 2, 3, 3), .kernel = { 3, 3 }, .stride = { 2, 2 })            \
    CASE((1, 2, 8, 8), (1, 2, 3, 3), .kernel = { 3, 3 }, .stride = { 2, 2 })            \
    CASE((1, 2, 8, 8), (1, 2, 4, 4), .kernel = { 3, 3 }, .stride = { 2, 2 }, .ceil = 1) \
    CASE((1, 1, 7, 8), (1, 1, 2, 3), .kernel = { 2, 2 }, .stride = { 4, 3 })            \
    CASE((1, 1, 8, 8), (1, 1, 3, 3), .kernel = { 1, 1 }, .stride = { 3, 3 })            \
    CASE((1, 1, 6, 5), (1, 1, 5, 2), .kernel = { 2, 3 }, .stride = { 1, 2 })            \
    CASE((1, 1, 5, 7), (1, 1, 1, 7), .kernel = { 4, 1 })                                \
    CASE((1, 2, 4, 4), (1, 2, 4, 4), .kernel = { 3, 3 }, .stride = { 1, 1 },            \
         .padding = { 1, 1, 1, 1 })                                                     \
    CASE((2, 2, 5, 5), (2, 2, 3, 3), .kernel = { 3, 3 }, .stride = { 2, 2 },            \
         .padding = { 1, 1, 1, 1 })                                                     \
    CASE((1, 1, 4, 4), (1, 1, 3, 3), .kernel = { 2, 2 }, .padding = { 1, 1, 1, 1 })     \
    CASE((1, 1, 5, 5), (1, 1, 3, 3), .kernel = { 2, 2 }, .padding = { 1, 0, 0, 1 })     \
    CASE((1, 1, 4, 5), (1, 1, 2, 3), .kernel = { 3, 2 }, .padding = { 0, 1, 2, 0 })     \
    CASE((1, 1, 1, 1), (1, 1, 1, 1), .kernel = { 3, 3 }, .padding = { 1, 1, 1, 1 })     \
    CASE((1, 1, 3, 3), (1, 1, 5, 5), .kernel = { 3, 3 }, .stride = { 1, 1 },            \
         .padding = { 2, 2, 2, 2 })                                                     \
    CASE((1, 2, 6, 6), (1, 2, 4, 4), .kernel = { 3, 3 }, .stride = { 2, 2 },            \
         .padding = { 1, 1, 1, 1 }, .ceil = 1)                                          \
    CASE((1, 1, 5, 4), (1, 1, 2, 2), .kernel = { 3, 3 }, .stride = { 3, 3 },            \
         .padding = { 1, 1, 0, 0 }, .ceil = 1)                                          \
    CASE((1, 1, 2, 3), (1, 1, 2, 2), .kernel = { 2, 2 }, .stride = { 2, 2 },            \
         .padding = { 1, 1, 1, 1 }, .ceil = 1)                                          \
    CASE((1, 1, 6, 7), (1, 1, 2, 2), .kernel = { 2, 3 }, .stride = { 5, 4 }, .ceil = 1) \
    CASE((3, 1, 5, 3), (3, 1, 3, 2), .kernel = { 3, 2 }, .stride = { 2, 2 },            \
         .padding = { 1, 0, 1, 0 }, .ceil = 1)                                          \
    CASE((1, 3, 9, 19), (1, 3, 4, 9), .kernel = { 3, 3 }, .stride = { 2, 2 })           \
    CASE((1, 1, 4, 4, 16), (1, 1, 2, 2, 16), .kernel = { 2, 2 })                        \
    CASE((1, 2, 3, 4, 16), (1, 2, 2, 3, 16), .kernel = { 2, 2 }, .stride = { 1, 1 })    \
    CASE((1, 1, 4, 3, 16), (1, 1, 2, 2, 16), .kernel = { 3, 3 }, .stride = { 2, 2 },    \
         .padding = { 1, 1, 1, 1 })

#endif
#endif
