/* The most that the arithmetic units can do: what kernels are measured against. */
#include "kernels/peak.h"

#include "kernels/vec.h"

/* Independent chains of multiply-adds, enough to hide the latency of 4 cycles on two units. */
enum { CHAINS = 12 };

int64_t cg_peak(int64_t rounds, float *result)
{
    cg_vec sum[CHAINS], factor = cg_vec_splat(*result);
    for (int i = 0; i < CHAINS; i++) sum[i] = cg_vec_splat((float)i);
    for (int64_t n = 0; n < rounds; n++) {
        CG_UNROLL
        for (int i = 0; i < CHAINS; i++) sum[i] = sum[i] * factor + factor;
    }
    *result = 0;
    for (int i = 0; i < CHAINS; i++) *result += cg_vec_add_lanes(sum[i]);
    return rounds * CHAINS * CG_LANES * 2;
}
