/* exp, log and their kin for vectors of floats.
 *
 * Each reduces its argument to a short interval by an exact or doubly exact step, evaluates a
 * minimax polynomial there (fitted by Lawson's reweighting in 40-digit arithmetic) and undoes the
 * reduction: W. J. Cody, W. Waite, "Software Manual for the Elementary Functions", 1980.  The
 * bounds stated are in units in the last place of the exact result, over all floats, subnormal
 * results included; t/kernels/vec.c holds every tier to them.  NaN gives NaN. */
#ifndef CG_KERNELS_VEC_MATH_H
#define CG_KERNELS_VEC_MATH_H

#include "kernels/vec.h"

/* 2^n for n in -126..127. */
CG_INLINE cg_vec cg_vec_power_of_2(cg_ivec n)
{
    return (cg_vec)(((cg_uvec)n + 127) << 23);
}

/* p 2^n for a whole n: in two factors, so that results below 2^-126 and beyond 2^127 round as they
 * should. */
CG_INLINE cg_vec cg_vec_scale(cg_vec p, cg_vec n)
{
#if CG_LANES == 16
    return (cg_vec)_mm512_scalef_ps((__m512)p, (__m512)n);
#else
    cg_ivec k = __builtin_convertvector(n, cg_ivec), half = k >> 1;
    return p * cg_vec_power_of_2(half) * cg_vec_power_of_2(k - half);
#endif
}

/* e^x, 1.1 ulp.  x = n log 2 + r, |r| <= log(2)/2; e^x = 2^n e^r. */
CG_INLINE cg_vec cg_vec_exp(cg_vec x)
{
    const float round = 0x1.8p23f; /* adding and taking it off rounds to a whole number */
    x = cg_vec_max(cg_vec_splat(-104.0f),
                   cg_vec_min(cg_vec_splat(89.0f), x)); /* 0 and inf beyond */
    cg_vec shifted = x * 1.44269504f + round;
    cg_vec n = shifted - round;
    cg_vec r = x - n * 0.693359375f; /* log 2 in two parts: n times the first is exact */
    r = r + n * 2.12194440e-4f;
    cg_vec p = r * 0.001395167662f + 0.008369599247f;
    p = p * r + 0.04166618792f;
    p = p * r + 0.1666651288f;
    p = p * r + 0.5000000101f;
    p = p * (r * r) + r + 1.0f;
    return cg_vec_scale(p, n);
}

/* log x, 0.9 ulp; -inf at 0, NaN below.  x = 2^k m, sqrt(1/2) <= m < sqrt(2). */
CG_INLINE cg_vec cg_vec_log(cg_vec x)
{
    cg_ivec small = x < 0x1p-126f;
    cg_vec scaled = cg_vec_select(small, x * 0x1p23f, x);
    /* Taking off the bits of sqrt(1/2) makes the exponent field floor(log2(x / sqrt(1/2))). */
    cg_uvec bits = (cg_uvec)scaled - 0x3f3504f3;
    cg_ivec k = ((cg_ivec)bits >> 23) - (small & 23);
    cg_vec f = (cg_vec)((bits & 0x7fffff) + 0x3f3504f3) - 1.0f;
    cg_vec e = __builtin_convertvector(k, cg_vec);
    cg_vec p = f * 0.06746410106f - 0.1167557958f;
    p = p * f + 0.1188822773f;
    p = p * f - 0.1240560399f;
    p = p * f + 0.1421954477f;
    p = p * f - 0.1666799483f;
    p = p * f + 0.2000211906f;
    p = p * f - 0.2500000962f;
    p = p * f + 0.3333331260f;
    cg_vec f2 = f * f;
    cg_vec y = p * f2 * f - e * 2.12194440e-4f - 0.5f * f2 + f + e * 0.693359375f;
    y = cg_vec_select(x == 0.0f, cg_vec_splat(-INFINITY), y);
    y = cg_vec_select(x == INFINITY, x, y);
    return cg_vec_select(x >= 0.0f, y, cg_vec_splat(NAN));
}

/* log(1 + u) for u in [0, 1], 1.3 ulp: the logarithm of w = fl(1 + u), plus (1 + u - w) / w. */
CG_INLINE cg_vec cg_vec_log1p_unit(cg_vec u)
{
    cg_vec w = 1.0f + u;
    return cg_vec_log(w) + (u - (w - 1.0f)) / w;
}

/* 1 / (1 + e^-x), 2.5 ulp.  e^-|x| cannot overflow, and keeps its precision far left of 0. */
CG_INLINE cg_vec cg_vec_sigmoid(cg_vec x)
{
    cg_vec e = cg_vec_exp(-cg_vec_abs(x));
    return cg_vec_quotient(cg_vec_select(x < 0.0f, e, cg_vec_splat(1.0f)), 1.0f + e);
}

/* tanh x, 1.5 ulp: odd polynomial below 0.625, else 1 - 2 / (e^2|x| + 1). */
CG_INLINE cg_vec cg_vec_tanh(cg_vec x)
{
    cg_vec a = cg_vec_abs(x);
    cg_vec s = x * x;
    cg_vec p = s * -0.005704942902f + 0.02063904308f;
    p = p * s - 0.05373969956f;
    p = p * s + 0.1333144198f;
    p = p * s - 0.3333328193f;
    cg_vec near = p * s * x + x;
    cg_vec far = 1.0f - 2.0f / (cg_vec_exp(a + a) + 1.0f);
    return cg_vec_select(a < 0.625f, near, cg_vec_with_sign(far, x));
}

/* log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), 2.1 ulp. */
CG_INLINE cg_vec cg_vec_softplus(cg_vec x)
{
    return cg_vec_max(cg_vec_splat(0.0f), x) + cg_vec_log1p_unit(cg_vec_exp(-cg_vec_abs(x)));
}

/* erf x, 1.5 ulp: odd polynomial below 1, else 1 - e^q(|x|) with q fitted to log erfc. */
CG_INLINE cg_vec cg_vec_erf(cg_vec x)
{
    cg_vec s = x * x;
    cg_vec p = s * 7.853841681e-5f - 0.0008010187653f;
    p = p * s + 0.005188327004f;
    p = p * s - 0.02685381158f;
    p = p * s + 0.1128358514f;
    p = p * s - 0.3761262582f;
    p = p * s + 0.128379166f;
    cg_vec near = p * x + x;
    cg_vec t = cg_vec_min(cg_vec_splat(4.0f), cg_vec_abs(x)); /* erf 4 rounds to 1 */
    cg_vec q = t * 0.0001891625586f - 0.002976024897f;
    q = q * t + 0.02195587876f;
    q = q * t - 0.1033621206f;
    q = q * t - 0.6378399956f;
    q = q * t - 1.127279331f;
    q = q * t - 0.0002930732449f;
    cg_vec far = 1.0f - cg_vec_exp(q);
    return cg_vec_select(t < 1.0f, near, cg_vec_with_sign(far, x));
}

/* e^x - 1 for x <= 0, 2.4 ulp: as tanh(x/2) (e^x + 1) near 0, where e^x - 1 would cancel. */
CG_INLINE cg_vec cg_vec_expm1_negative(cg_vec x)
{
    cg_vec e = cg_vec_exp(x);
    return cg_vec_select(x > -0.5f, cg_vec_tanh(0.5f * x) * (e + 1.0f), e - 1.0f);
}

#endif
