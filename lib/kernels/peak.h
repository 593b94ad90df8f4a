/* Multiply-adds as fast as they go. */
#ifndef CG_KERNELS_PEAK_H
#define CG_KERNELS_PEAK_H

#include "kernels/tier.h"

#include <stdint.h>

#define CG_DECLARE_PEAK(tier) int64_t cg_peak_##tier(int64_t rounds, float *result);
CG_DECLARE_PEAK(portable)
CG_DECLARE_PEAK(avx2)
CG_DECLARE_PEAK(avx512)

/* Runs so many rounds; returns how many floating-point operations that was.  *result feeds the
 * sums, so that no compiler can leave them out. */
#define cg_peak CG_TIERED(cg_peak)

#endif
