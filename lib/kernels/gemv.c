/* Vector times matrix: sums in registers over whole rows, or rows added up where y is in cache. */
#include "kernels/gemv.h"

#include "kernels/vec.h"

#include <stdbool.h>

enum {
    ROWS = 4,   /* of w at once: their sums are independent */
    STREAMS = 8 /* rows that are read side by side */
};

/* Two sums a row, so that one multiply-add need not wait for the one before it. */
static inline __attribute__((always_inline)) void dot(int rows, int64_t depth, const float *x,
                                                      const float *w, float *y)
{
    cg_vec even[ROWS], odd[ROWS];
    int64_t i = 0;
    CG_UNROLL
    for (int r = 0; r < rows; r++) even[r] = odd[r] = (cg_vec){ 0 };
    for (; i + 2 * CG_LANES <= depth; i += 2 * CG_LANES) {
        cg_vec a = cg_vec_load(x + i, CG_LANES), b = cg_vec_load(x + i + CG_LANES, CG_LANES);
        CG_UNROLL
        for (int r = 0; r < rows; r++) {
            const float *at = w + r * depth + i;
            even[r] += a * cg_vec_load(at, CG_LANES);
            odd[r] += b * cg_vec_load(at + CG_LANES, CG_LANES);
        }
    }
    for (; i < depth; i += CG_LANES) {
        cg_vec a = cg_vec_load(x + i, depth - i);
        CG_UNROLL
        for (int r = 0; r < rows; r++) even[r] += a * cg_vec_load(w + r * depth + i, depth - i);
    }
    CG_UNROLL
    for (int r = 0; r < rows; r++) y[r] = cg_vec_add_lanes(even[r] + odd[r]);
}

void cg_gemv_rows(int64_t depth, const float *x, const float *w, float *y, int64_t begin,
                  int64_t end)
{
    int64_t j = begin;
    for (; j + ROWS <= end; j += ROWS) dot(ROWS, depth, x, w + j * depth, y + j);
    for (; j < end; j++) dot(1, depth, x, w + j * depth, y + j);
}

/* Adds rows of w to y, or begins with them.  The sum of the rows is added as one: that many times
 * fewer roundings of the whole. */
static inline __attribute__((always_inline)) void
add_rows(int rows, bool begins, int64_t width, const float *x, const float *w, float *y, int64_t n)
{
    for (int64_t j = 0; j < n; j += CG_LANES) {
        cg_vec sum = { 0 };
        CG_UNROLL
        for (int r = 0; r < rows; r++) sum += x[r] * cg_vec_load(w + r * width + j, n - j);
        if (!begins) sum += cg_vec_load(y + j, n - j);
        cg_vec_store(y + j, sum, n - j);
    }
}

void cg_gemv_columns(int64_t depth, int64_t width, const float *x, const float *w, float *y,
                     int64_t begin, int64_t end)
{
    int64_t i = 0, n = end - begin;
    w += begin;
    y += begin;
    for (; i + STREAMS <= depth; i += STREAMS)
        add_rows(STREAMS, i == 0, width, x + i, w + i * width, y, n);
    for (; i < depth; i++) add_rows(1, i == 0, width, x + i, w + i * width, y, n);
}
