/* Sums for mean and variance. */
#ifndef CG_OPS_NORM_H
#define CG_OPS_NORM_H

#include <stdint.h>

enum { NORM_LANES = 16, NORM_BLOCK = 1024 };

/* The sum of x - shift over n contiguous elements: float in short blocks, double across them, in
 * an order that n alone decides. */
static inline double sum_shifted(const float *x, int64_t n, float shift)
{
    double sum = 0;
    for (int64_t first = 0; first < n; first += NORM_BLOCK) {
        int64_t i = first, end = first + NORM_BLOCK < n ? first + NORM_BLOCK : n;
        float lane[NORM_LANES] = { 0 };
        for (; i + NORM_LANES <= end; i += NORM_LANES)
            for (int k = 0; k < NORM_LANES; k++) lane[k] += x[i + k] - shift;
        for (int k = 0; i < end; i++, k++) lane[k] += x[i] - shift;
        for (int k = 0; k < NORM_LANES; k++) sum += (double)lane[k];
    }
    return sum;
}

/* The sum of (x - shift)^2, likewise. */
static inline double sum_squares(const float *x, int64_t n, float shift)
{
    double sum = 0;
    for (int64_t first = 0; first < n; first += NORM_BLOCK) {
        int64_t i = first, end = first + NORM_BLOCK < n ? first + NORM_BLOCK : n;
        float lane[NORM_LANES] = { 0 };
        for (; i + NORM_LANES <= end; i += NORM_LANES)
            for (int k = 0; k < NORM_LANES; k++) lane[k] += (x[i + k] - shift) * (x[i + k] - shift);
        for (int k = 0; i < end; i++, k++) lane[k] += (x[i] - shift) * (x[i] - shift);
        for (int k = 0; k < NORM_LANES; k++) sum += (double)lane[k];
    }
    return sum;
}

#endif
