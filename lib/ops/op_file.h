/* Included first by every op file.
 *
 * An op file is compiled once per tier with -DCG_TIER=NAME and that tier's flags.  CG_KERNEL(f)
 * defines f_<tier>; everything under #if CG_DESCRIBE (descriptor, shape rule, vjp, reference,
 * samples, recording function) is compiled once, in the portable copy. */
#ifndef CG_OPS_OP_FILE_H
#define CG_OPS_OP_FILE_H

#include "config.h"

#include <cnngraph/ops.h>

#include "kernels/tier.h"

#define CG_KERNEL(f)                              \
    cg_kernel f##_portable, f##_avx2, f##_avx512; \
    void CG_TIERED(f)(const cg_call *c, int64_t begin, int64_t end)

#ifdef HAVE_TIER_AVX2
#define CG_IF_AVX2(f) f##_avx2
#else
#define CG_IF_AVX2(f) f##_portable
#endif
#ifdef HAVE_TIER_AVX512
#define CG_IF_AVX512(f) f##_avx512
#else
#define CG_IF_AVX512(f) CG_IF_AVX2(f)
#endif
#define CG_TIERS(f)                                  \
    {                                                \
        f##_portable, CG_IF_AVX2(f), CG_IF_AVX512(f) \
    }

#define CG_END_SAMPLES \
    {                  \
        .n_x = 0       \
    }
#define CG_END_ATTRS \
    {                \
        .name = NULL \
    }

#endif
