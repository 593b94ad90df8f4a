/* Vectors of floats, as wide as the tier being compiled has them.
 *
 * Arithmetic is that of the compilers' vector extensions.  A comparison gives a cg_ivec, all bits
 * set where true.  Loads and stores take the number of elements that are left: past the end lanes
 * are 0 and nothing is touched, so that the tail of an array goes through the very same
 * instructions as the rest and an element has the same bits wherever a run begins or ends. */
#ifndef CG_KERNELS_VEC_H
#define CG_KERNELS_VEC_H

#include "kernels/tier.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined __AVX512F__
#define CG_LANES 16
#elif defined __AVX2__
#define CG_LANES 8
#else
#define CG_LANES 4
#endif
#if CG_LANES > 4
#include <immintrin.h>
#endif

typedef float cg_vec __attribute__((vector_size(4 * CG_LANES)));
typedef int32_t cg_ivec __attribute__((vector_size(4 * CG_LANES)));
typedef uint32_t cg_uvec __attribute__((vector_size(4 * CG_LANES))); /* wraps around */

/* Before a loop of a few rounds over arrays that are to live in registers. */
#ifdef __clang__
#define CG_UNROLL _Pragma("clang loop unroll(full)")
#else
#define CG_UNROLL _Pragma("GCC unroll 16")
#endif

#define CG_INLINE static inline __attribute__((always_inline, unused))

CG_INLINE cg_vec cg_vec_splat(float value)
{
    return value - (cg_vec){ 0 };
}

/* a where the mask is set, else b. */
CG_INLINE cg_vec cg_vec_select(cg_ivec mask, cg_vec a, cg_vec b)
{
#if CG_LANES == 16
    return (cg_vec)_mm512_mask_blend_ps(_mm512_movepi32_mask((__m512i)mask), (__m512)b, (__m512)a);
#elif CG_LANES == 8
    return (cg_vec)_mm256_blendv_ps((__m256)b, (__m256)a, (__m256)mask);
#else
    return (cg_vec)(((cg_ivec)a & mask) | ((cg_ivec)b & ~mask));
#endif
}

/* a > b ? a : b, hence b where either is NaN. */
CG_INLINE cg_vec cg_vec_max(cg_vec a, cg_vec b)
{
#if CG_LANES == 16
    return (cg_vec)_mm512_max_ps((__m512)a, (__m512)b);
#elif CG_LANES == 8
    return (cg_vec)_mm256_max_ps((__m256)a, (__m256)b);
#else
    return cg_vec_select(a > b, a, b);
#endif
}

/* a < b ? a : b, hence b where either is NaN. */
CG_INLINE cg_vec cg_vec_min(cg_vec a, cg_vec b)
{
#if CG_LANES == 16
    return (cg_vec)_mm512_min_ps((__m512)a, (__m512)b);
#elif CG_LANES == 8
    return (cg_vec)_mm256_min_ps((__m256)a, (__m256)b);
#else
    return cg_vec_select(a < b, a, b);
#endif
}

CG_INLINE cg_vec cg_vec_sqrt(cg_vec a)
{
#if CG_LANES == 16
    return (cg_vec)_mm512_sqrt_ps((__m512)a);
#elif CG_LANES == 8
    return (cg_vec)_mm256_sqrt_ps((__m256)a);
#else
    cg_vec y;
    for (int i = 0; i < CG_LANES; i++) y[i] = sqrtf(a[i]);
    return y;
#endif
}

/* a / b, 1 ulp, for b in [1, 4]: where division is slow, an estimate of 1/b is refined (Newton and
 * Raphson), and the quotient by its remainder. */
CG_INLINE cg_vec cg_vec_quotient(cg_vec a, cg_vec b)
{
#if CG_LANES == 16
    __m512 d = (__m512)b, r = _mm512_rcp14_ps(d);
    r = _mm512_fmadd_ps(r, _mm512_fnmadd_ps(d, r, _mm512_set1_ps(1.0f)), r);
    __m512 q = _mm512_mul_ps((__m512)a, r);
    return (cg_vec)_mm512_fmadd_ps(_mm512_fnmadd_ps(d, q, (__m512)a), r, q);
#else
    return a / b;
#endif
}

CG_INLINE cg_vec cg_vec_abs(cg_vec a)
{
    return (cg_vec)((cg_ivec)a & INT32_MAX);
}

/* |a| with the sign of b. */
CG_INLINE cg_vec cg_vec_with_sign(cg_vec a, cg_vec b)
{
    return (cg_vec)(((cg_ivec)a & INT32_MAX) | ((cg_ivec)b & INT32_MIN));
}

/* A mask of the lanes before n. */
CG_INLINE cg_ivec cg_vec_before(int64_t n)
{
    static const int32_t lanes[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    cg_ivec lane;
    memcpy(&lane, lanes, sizeof lane);
    return lane < (int32_t)(n < CG_LANES ? n : CG_LANES);
}

/* The first min(n, CG_LANES) elements at p, then zeros; n >= 1. */
CG_INLINE cg_vec cg_vec_load(const float *p, int64_t n)
{
    cg_vec v = { 0 };
    if (n >= CG_LANES) {
        memcpy(&v, p, sizeof v);
        return v;
    }
#if CG_LANES == 16
    return (cg_vec)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
#elif CG_LANES == 8
    return (cg_vec)_mm256_maskload_ps(p, (__m256i)cg_vec_before(n));
#else
    for (int i = 0; i < (int)n; i++) v[i] = p[i];
    return v;
#endif
}

CG_INLINE void cg_vec_store(float *p, cg_vec v, int64_t n)
{
    if (n >= CG_LANES) {
        memcpy(p, &v, sizeof v);
        return;
    }
#if CG_LANES == 16
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v);
#elif CG_LANES == 8
    _mm256_maskstore_ps(p, (__m256i)cg_vec_before(n), (__m256)v);
#else
    for (int i = 0; i < (int)n; i++) p[i] = v[i];
#endif
}

/* Like cg_vec_load, with `pad` in the lanes past the end. */
CG_INLINE cg_vec cg_vec_load_pad(const float *p, int64_t n, float pad)
{
    cg_vec v = cg_vec_load(p, n);
    return n >= CG_LANES ? v : cg_vec_select(cg_vec_before(n), v, cg_vec_splat(pad));
}

/* The larger of two; NaN where either is. */
CG_INLINE cg_vec cg_vec_larger(cg_vec a, cg_vec b)
{
    return cg_vec_select(a != a, a, cg_vec_max(a, b));
}

/* Lanes 0, 2, 4, ... of a and b one behind the other, and lanes 1, 3, 5, ... */
#if CG_LANES == 16
#define CG_VEC_PAIRS(f)                                                                            \
    f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7), f(8), f(9), f(10), f(11), f(12), f(13), f(14), \
        f(15)
#elif CG_LANES == 8
#define CG_VEC_PAIRS(f) f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7)
#else
#define CG_VEC_PAIRS(f) f(0), f(1), f(2), f(3)
#endif
#define CG_VEC_EVEN(i) 2 * (i)
#define CG_VEC_ODD(i)  2 * (i) + 1

CG_INLINE cg_vec cg_vec_even(cg_vec a, cg_vec b)
{
    return __builtin_shufflevector(a, b, CG_VEC_PAIRS(CG_VEC_EVEN));
}

CG_INLINE cg_vec cg_vec_odd(cg_vec a, cg_vec b)
{
    return __builtin_shufflevector(a, b, CG_VEC_PAIRS(CG_VEC_ODD));
}

#define CG_VEC_LOW(i)  (i) / 2 + (i) % 2 * CG_LANES
#define CG_VEC_HIGH(i) CG_LANES / 2 + (i) / 2 + (i) % 2 * CG_LANES

/* The lanes of a and b in turns, a first: from the first half of each, and from the second. */
CG_INLINE cg_vec cg_vec_low_pairs(cg_vec a, cg_vec b)
{
    return __builtin_shufflevector(a, b, CG_VEC_PAIRS(CG_VEC_LOW));
}

CG_INLINE cg_vec cg_vec_high_pairs(cg_vec a, cg_vec b)
{
    return __builtin_shufflevector(a, b, CG_VEC_PAIRS(CG_VEC_HIGH));
}

typedef float cg_vec4 __attribute__((vector_size(16)));
typedef int32_t cg_ivec4 __attribute__((vector_size(16)));

/* The sum of all lanes: quarters side by side, then the four that are left in pairs. */
CG_INLINE float cg_vec_add_lanes(cg_vec v)
{
    cg_vec4 part[CG_LANES / 4];
    memcpy(part, &v, sizeof v);
    cg_vec4 sum = part[0];
    for (int i = 1; i < CG_LANES / 4; i++) sum += part[i];
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

/* The largest lane; NaN where any is. */
CG_INLINE float cg_vec_max_lanes(cg_vec v)
{
    cg_vec4 part[CG_LANES / 4];
    memcpy(part, &v, sizeof v);
    cg_vec4 best = part[0];
    for (int i = 1; i < CG_LANES / 4; i++) {
        cg_ivec4 keep = (best > part[i]) | (best != best);
        best = (cg_vec4)(((cg_ivec4)best & keep) | ((cg_ivec4)part[i] & ~keep));
    }
    float y = best[0];
    for (int i = 1; i < 4; i++)
        if (best[i] > y || best[i] != best[i]) y = best[i];
    return y;
}

#endif
