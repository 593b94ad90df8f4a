/* Products of a matrix with images in the lanes: dense layers, their input and weight gradients.
 *
 * Activations are B K 16: value k of image 16 b + l lies at [b][k][l]. */
#ifndef CG_KERNELS_LANES_DENSE_H
#define CG_KERNELS_LANES_DENSE_H

#include "kernels/tier.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define cg_lanes_dense CG_TIERED(cg_lanes_dense)
#define cg_lanes_panel CG_TIERED(cg_lanes_panel)

/* y[b y_block + row y_row + l] = sum over k of w[row row_step + k depth_step] x[b x_block + k
 * x_depth + l] for l < 16; all steps in floats. */
typedef struct {
    int64_t blocks, rows, depth;
    const float *w, *x;
    int64_t row_step, depth_step;
    int64_t x_block, x_depth, y_block, y_row;
    float *y;
    bool adds;     /* to what y holds */
    int64_t panel; /* not 0: w is packed in panels of at most so many rows, see below, and its steps
                      are not looked at */
} cg_lanes_product;

/* Rows that a panel has at most where so many blocks are computed together.  Each panel is
 * [depth][row of the panel], one behind the other. */
int64_t cg_lanes_panel(int64_t blocks);

/* Rows cut into parts of at most `most`: of `size`, the first few of one row more. */
typedef struct {
    int64_t size, larger;
} cg_lanes_cut;

static inline cg_lanes_cut cg_lanes_cut_of(int64_t rows, int64_t most)
{
    const int64_t parts = (rows + most - 1) / most;
    return (cg_lanes_cut){ rows / parts, rows % parts };
}

/* The first row of part i. */
static inline int64_t cg_lanes_first(cg_lanes_cut cut, int64_t i)
{
    return i * cut.size + (i < cut.larger ? i : cut.larger);
}

/* Computes rows [begin, end). */
void cg_lanes_dense(const cg_lanes_product *product, int64_t begin, int64_t end);

enum { CG_LANES_DENSE_GRAIN = 12 }; /* rows that are best computed together */

#endif
