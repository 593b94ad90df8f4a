/* A vector times a matrix: the matrix is read once, where it lies, as fast as memory gives it. */
#ifndef CG_KERNELS_GEMV_H
#define CG_KERNELS_GEMV_H

#include "kernels/tier.h"

#include <stdint.h>

#define cg_gemv_rows    CG_TIERED(cg_gemv_rows)
#define cg_gemv_columns CG_TIERED(cg_gemv_columns)

/* y[j] = sum over i < depth of x[i] w[j * depth + i], for j in [begin, end): rows of w. */
void cg_gemv_rows(int64_t depth, const float *x, const float *w, float *y, int64_t begin,
                  int64_t end);

/* y[j] = sum over i < depth of x[i] w[i * width + j], for j in [begin, end): columns of w. */
void cg_gemv_columns(int64_t depth, int64_t width, const float *x, const float *w, float *y,
                     int64_t begin, int64_t end);

/* Elements of y that are best computed together. */
enum { CG_GEMV_ROWS_GRAIN = 64, CG_GEMV_COLUMNS_GRAIN = 512 };

#endif
