/* Packed single-precision matrix product: C = A B, or C += A B.
 *
 * A and B are read through packing callbacks, so that a transposed matrix, a sub-matrix or the
 * patches of an image need no copy of their own.  The kernel sees panels in the order that it reads
 * them: A in panels of a few rows, B in panels of a few columns, zero beyond the matrix.  The order
 * of each sum over k depends on k alone, so an element of C has the same bits whatever part of C is
 * asked for.
 *
 * Blocking after K. Goto, R. van de Geijn, "Anatomy of high-performance matrix multiplication",
 * ACM TOMS 34(3), 2008. */
#ifndef CG_KERNELS_GEMM_H
#define CG_KERNELS_GEMM_H

#include "kernels/tier.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes rows (of B: columns) [i0, i0+n) at k in [k0, k0+nk) as panels of `width`: row i0+i at
 * k0+kk goes to to[(i / width * nk + kk) * width + i % width], and zeros follow up to a whole
 * panel. */
typedef void cg_pack(const void *matrix, int64_t i0, int64_t n, int64_t k0, int64_t nk,
                     int64_t width, float *to);

/* Computes m x n elements of C, from row i0 and column j0 on.  Element (i, j) of C lies at
 * c[i row_stride + j / width block_stride + j % width]: columns in blocks, as the pixels of one
 * image after the other.  width 0: all columns in one block. */
typedef struct {
    int64_t i0, m, j0, n, k;
    const void *a; /* what pack_a gets */
    const void *b;
    cg_pack *pack_a; /* rows of A    */
    cg_pack *pack_b; /* columns of B */
    float *c;
    int64_t row_stride, width, block_stride; /* in floats */
    bool accumulate;                         /* C += A B  */
} cg_gemm_call;

/* A strided matrix for the packer below: element (i, k) is data[i * stride + k * k_stride]. */
typedef struct {
    const float *data;
    int64_t stride, k_stride;
} cg_matrix;

#define cg_gemm         CG_TIERED(cg_gemm)
#define cg_pack_strided CG_TIERED(cg_pack_strided)

void cg_gemm(const cg_gemm_call *call, void *scratch);
cg_pack cg_pack_strided; /* of a cg_matrix, either side */

/* Bytes of scratch that suffice for a product of at most this size on every tier. */
size_t cg_gemm_scratch_bytes(int64_t m, int64_t n, int64_t k);

#endif
