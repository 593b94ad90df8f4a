/* Elementwise kernels: one expression over vectors is the whole kernel.
 *
 *     CG_MAP1(sigmoid_forward, x, cg_vec_sigmoid(x))
 *     CG_MAP2(add_forward, a, b, a + b)
 *
 * define cg_kernels whose items are the elements of y in C order; that of CG_MAP1 sees the call as
 * `c`, for its attributes.  Operands of CG_MAP2 and CG_MAP3 broadcast as in NumPy by strides: an
 * operand keeps its place along an axis where it has size 1, nothing is copied. */
#ifndef CG_KERNELS_MAP_H
#define CG_KERNELS_MAP_H

#include <cnngraph/op.h>

#include "kernels/vec.h"

enum { CG_WALK_INPUTS = 3 };

/* A position in y and in each operand, over the axes of y without those of size 1 and with
 * neighbours merged where every operand goes through both in one stride.  Tensors are contiguous,
 * hence each operand's stride along the last axis is 0 or 1. */
typedef struct {
    int rank, n_x;
    int64_t dim[CG_MAX_RANK], at[CG_MAX_RANK];
    int64_t stride[CG_WALK_INPUTS][CG_MAX_RANK];
    int64_t offset[CG_WALK_INPUTS];
} cg_walk;

/* Stride of each axis of y in an operand of shape x, 0 where it broadcasts. */
static inline void cg_walk_strides(const cg_shape *x, const cg_shape *y, int64_t stride[])
{
    int64_t step = 1;
    for (int i = y->rank - 1, j = x->rank - 1; i >= 0; i--, j--) {
        int64_t dim = j >= 0 ? x->dim[j] : 1;
        stride[i] = dim == 1 ? 0 : step;
        step *= dim;
    }
}

static inline cg_walk cg_walk_new(int n_x, const cg_shape *const xs[], const cg_shape *ys)
{
    cg_walk w = { .n_x = n_x };
    int64_t stride[CG_WALK_INPUTS][CG_MAX_RANK];
    for (int k = 0; k < n_x; k++) cg_walk_strides(xs[k], ys, stride[k]);
    for (int i = 0; i < ys->rank; i++) {
        if (ys->dim[i] == 1) continue;
        bool merge = w.rank > 0;
        for (int k = 0; k < n_x; k++)
            merge = merge && w.stride[k][w.rank - 1] == stride[k][i] * ys->dim[i];
        if (!merge) w.dim[w.rank++] = 1;
        w.dim[w.rank - 1] *= ys->dim[i];
        for (int k = 0; k < n_x; k++) w.stride[k][w.rank - 1] = stride[k][i];
    }
    if (w.rank == 0) w.dim[w.rank++] = 1; /* one element; strides 0 */
    return w;
}

/* Goes to element i of y. */
static inline void cg_walk_to(cg_walk *w, int64_t i)
{
    for (int k = 0; k < w->n_x; k++) w->offset[k] = 0;
    for (int d = w->rank - 1; d >= 0; d--) {
        w->at[d] = i % w->dim[d];
        i /= w->dim[d];
        for (int k = 0; k < w->n_x; k++) w->offset[k] += w->at[d] * w->stride[k][d];
    }
}

/* Elements from here to the end of the last axis. */
static inline int64_t cg_walk_left(const cg_walk *w)
{
    return w->dim[w->rank - 1] - w->at[w->rank - 1];
}

/* Moves on by n <= cg_walk_left elements, over to the next row at its end. */
static inline void cg_walk_on(cg_walk *w, int64_t n)
{
    int d = w->rank - 1;
    w->at[d] += n;
    for (int k = 0; k < w->n_x; k++) w->offset[k] += n * w->stride[k][d];
    for (; d > 0 && w->at[d] == w->dim[d]; d--) {
        w->at[d] = 0;
        w->at[d - 1]++;
        for (int k = 0; k < w->n_x; k++)
            w->offset[k] += w->stride[k][d - 1] - w->dim[d] * w->stride[k][d];
    }
}

/* Elements i.. of a row of which n are left; a stride of 0 repeats its one element. */
CG_INLINE cg_vec cg_walk_load(const float *row, int64_t stride, int64_t i, int64_t n)
{
    return stride ? cg_vec_load(row + i, n) : cg_vec_splat(*row);
}

/* One vector of the result, n_ elements at y_[i_]; inlined twice, for whole vectors and for the
 * rest. */
#define CG_MAP1(name, x_, expression)                                            \
    CG_INLINE void name##_at(const cg_call *c, int64_t i_, int64_t n_)           \
    {                                                                            \
        cg_vec x_ = cg_vec_load(c->x[0] + i_, n_);                               \
        cg_vec_store(c->y + i_, expression, n_);                                 \
    }                                                                            \
    CG_KERNEL(name)                                                              \
    {                                                                            \
        int64_t i_ = begin;                                                      \
        for (; i_ + CG_LANES <= end; i_ += CG_LANES) name##_at(c, i_, CG_LANES); \
        if (i_ < end) name##_at(c, i_, end - i_);                                \
    }

/* Goes through y row by row: n_ elements at y_, from row_[k] with strides step_[k]. */
#define CG_MAP_ROWS(name, n_inputs)                                                               \
    CG_KERNEL(name)                                                                               \
    {                                                                                             \
        cg_walk walk_ = cg_walk_new(n_inputs, c->xs, c->ys);                                      \
        cg_walk_to(&walk_, begin);                                                                \
        for (int64_t at_ = begin, n_; at_ < end; cg_walk_on(&walk_, n_), at_ += n_) {             \
            n_ = cg_walk_left(&walk_) < end - at_ ? cg_walk_left(&walk_) : end - at_;             \
            const float *row_[n_inputs];                                                          \
            int64_t step_[n_inputs], i_ = 0;                                                      \
            for (int k_ = 0; k_ < (n_inputs); k_++) {                                             \
                row_[k_] = c->x[k_] + walk_.offset[k_];                                           \
                step_[k_] = walk_.stride[k_][walk_.rank - 1];                                     \
            }                                                                                     \
            float *y_ = c->y + at_;                                                               \
            for (; i_ + CG_LANES <= n_; i_ += CG_LANES) name##_at(row_, step_, y_, i_, CG_LANES); \
            if (i_ < n_) name##_at(row_, step_, y_, i_, n_ - i_);                                 \
        }                                                                                         \
    }

#define CG_MAP2(name, a_, b_, expression)                                                 \
    CG_INLINE void name##_at(const float *const row_[], const int64_t step_[], float *y_, \
                             int64_t i_, int64_t n_)                                      \
    {                                                                                     \
        cg_vec a_ = cg_walk_load(row_[0], step_[0], i_, n_);                              \
        cg_vec b_ = cg_walk_load(row_[1], step_[1], i_, n_);                              \
        cg_vec_store(y_ + i_, expression, n_);                                            \
    }                                                                                     \
    CG_MAP_ROWS(name, 2)

#define CG_MAP3(name, m_, a_, b_, expression)                                             \
    CG_INLINE void name##_at(const float *const row_[], const int64_t step_[], float *y_, \
                             int64_t i_, int64_t n_)                                      \
    {                                                                                     \
        cg_vec m_ = cg_walk_load(row_[0], step_[0], i_, n_);                              \
        cg_vec a_ = cg_walk_load(row_[1], step_[1], i_, n_);                              \
        cg_vec b_ = cg_walk_load(row_[2], step_[2], i_, n_);                              \
        cg_vec_store(y_ + i_, expression, n_);                                            \
    }                                                                                     \
    CG_MAP_ROWS(name, 3)

#endif
