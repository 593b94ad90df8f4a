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

/* y[b y_block + row y_row + l] = sum over k of w[row row_step + k depth_step] x[b x_block + k
 * x_depth + l] for l < 16; all steps in floats. */
typedef struct {
    int64_t blocks, rows, depth;
    const float *w, *x;
    int64_t row_step, depth_step;
    int64_t x_block, x_depth, y_block, y_row;
    float *y;
    bool adds; /* to what y holds */
} cg_lanes_product;

/* Computes rows [begin, end). */
void cg_lanes_dense(const cg_lanes_product *product, int64_t begin, int64_t end);

enum { CG_LANES_DENSE_GRAIN = 12 }; /* rows that are best computed together */

#endif
