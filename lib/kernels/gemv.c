/* Vector times matrix: sums in registers over whole rows, or over strips of columns. */
#include "kernels/gemv.h"

#include "kernels/vec.h"

enum {
    ROWS = 4, /* of w at once: their sums are independent */
    STRIP = 4 /* vectors of columns at once */
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

static inline __attribute__((always_inline)) void strip(int vectors, int64_t last, int64_t depth,
                                                        int64_t width, const float *x,
                                                        const float *w, float *y)
{
    cg_vec sum[STRIP];
    CG_UNROLL
    for (int v = 0; v < vectors; v++) sum[v] = (cg_vec){ 0 };
    for (int64_t i = 0; i < depth; i++, w += width) {
        CG_UNROLL
        for (int v = 0; v < vectors; v++)
            sum[v] += x[i] * cg_vec_load(w + v * CG_LANES, v < vectors - 1 ? CG_LANES : last);
    }
    CG_UNROLL
    for (int v = 0; v < vectors; v++)
        cg_vec_store(y + v * CG_LANES, sum[v], v < vectors - 1 ? CG_LANES : last);
}

void cg_gemv_columns(int64_t depth, int64_t width, const float *x, const float *w, float *y,
                     int64_t begin, int64_t end)
{
    int64_t j = begin;
    for (; j + STRIP * CG_LANES <= end; j += STRIP * CG_LANES)
        strip(STRIP, CG_LANES, depth, width, x, w + j, y + j);
    for (; j < end; j += CG_LANES)
        strip(1, end - j < CG_LANES ? end - j : CG_LANES, depth, width, x, w + j, y + j);
}
