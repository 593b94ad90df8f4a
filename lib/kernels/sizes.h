/* Counts of elements, rows and tiles. */
#ifndef CG_KERNELS_SIZES_H
#define CG_KERNELS_SIZES_H

#include <stdint.h>

static inline int64_t cg_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The least multiple of `to` that holds n. */
static inline int64_t cg_round_up(int64_t n, int64_t to)
{
    return (n + to - 1) / to * to;
}

#endif
