/* Transposing a matrix by square blocks that fit the vectors. */
#ifndef CG_KERNELS_TURN_H
#define CG_KERNELS_TURN_H

#include "kernels/vec.h"

#include <stdbool.h>

/* One step of a block's transposition: with w = 1, 2, 4, ... the off-diagonal halves of every block
 * of 2w x 2w change places.  Of rows a and b, w apart, lanes j without bit w keep a's lane and take
 * b's into their neighbour's place, and the other way round. */
#define CG_TURN_A(j, w)    ((j) & (w) ? CG_LANES + (j) - (w) : (j))
#define CG_TURN_B(j, w)    ((j) & (w) ? CG_LANES + (j) : (j) + (w))
#define CG_TURN_4(M, j, w) M(j, w), M(j + 1, w), M(j + 2, w), M(j + 3, w)
#if CG_LANES == 16
#define CG_TURN_LANES(M, w) \
    CG_TURN_4(M, 0, w), CG_TURN_4(M, 4, w), CG_TURN_4(M, 8, w), CG_TURN_4(M, 12, w)
#elif CG_LANES == 8
#define CG_TURN_LANES(M, w) CG_TURN_4(M, 0, w), CG_TURN_4(M, 4, w)
#else
#define CG_TURN_LANES(M, w) CG_TURN_4(M, 0, w)
#endif

#define CG_TURN_STEP(row, w)                                                          \
    CG_UNROLL for (int i_ = 0; i_ < CG_LANES; i_++) if (!(i_ & (w)))                  \
    {                                                                                 \
        cg_vec a_ = row[i_], b_ = row[i_ | (w)];                                      \
        row[i_] = __builtin_shufflevector(a_, b_, CG_TURN_LANES(CG_TURN_A, w));       \
        row[i_ | (w)] = __builtin_shufflevector(a_, b_, CG_TURN_LANES(CG_TURN_B, w)); \
    }

/* to[j * to_step + i] = from[i * from_step + j] for i < rows, j < columns, both at most CG_LANES.
 */
CG_INLINE void cg_turn_block(const float *from, int64_t from_step, int64_t rows, int64_t columns,
                             float *to, int64_t to_step)
{
    cg_vec row[CG_LANES];
    CG_UNROLL
    for (int i = 0; i < CG_LANES; i++)
        row[i] = i < rows ? cg_vec_load(from + i * from_step, columns) : (cg_vec){ 0 };
    CG_TURN_STEP(row, 1)
    CG_TURN_STEP(row, 2)
#if CG_LANES >= 8
    CG_TURN_STEP(row, 4)
#endif
#if CG_LANES == 16
    CG_TURN_STEP(row, 8)
#endif
    CG_UNROLL
    for (int j = 0; j < CG_LANES; j++)
        if (j < columns) cg_vec_store(to + j * to_step, row[j], rows);
}

/* The same for any number of rows and columns. */
static inline void cg_turn(const float *from, int64_t from_step, int64_t rows, int64_t columns,
                           float *to, int64_t to_step)
{
    for (int64_t i = 0; i < rows; i += CG_LANES)
        for (int64_t j = 0; j < columns; j += CG_LANES) {
            const float *x = from + i * from_step + j;
            float *y = to + j * to_step + i;
            if (rows - i >= CG_LANES && columns - j >= CG_LANES)
                cg_turn_block(x, from_step, CG_LANES, CG_LANES, y, to_step);
            else
                cg_turn_block(x, from_step, rows - i < CG_LANES ? rows - i : CG_LANES,
                              columns - j < CG_LANES ? columns - j : CG_LANES, y, to_step);
        }
}

#endif
