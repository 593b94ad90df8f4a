/* The vector functions of every tier against double precision, over floats of all magnitudes: each
 * keeps the bound that lib/kernels/vec_math.h states.  They are reached through the ops they serve.
 */
#include <cnngraph/ops.h>

#include "base/cpu.h"

#include "../tap.h"

#include <math.h>
#include <string.h>

/* |y - exact| in units in the last place of exact, which a result beyond FLT_MAX rounds to
 * infinity. */
static double ulps(float y, double exact)
{
    if (isnan(exact) || isnan(y)) return isnan(exact) && isnan(y) ? 0 : INFINITY;
    if (isinf((float)exact) || isinf(y)) return (float)exact == y ? 0 : INFINITY;
    int exponent;
    frexp(exact, &exponent);
    if (exponent < -125) exponent = -125; /* subnormal */
    return fabs((double)y - exact) / ldexp(1, exponent - 24);
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}
static double softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}
static double elu(double x)
{
    return x > 0 ? x : expm1(x);
}

static const struct function {
    const char *op;
    double (*exact)(double);
    double bound; /* ulp */
} functions[] = {
    { "exp", exp, 1.1 },   { "log", log, 0.9 },   { "sigmoid", sigmoid, 2.5 },
    { "tanh", tanh, 1.5 }, { "erf", erf, 1.5 },   { "softplus", softplus, 2.1 },
    { "elu", elu, 2.4 },   { "sqrt", sqrt, 0.5 },
};

enum { N = 1 << 12 };
static const uint32_t stride =
    4099; /* in bit patterns, so about a million floats, both signs and NaN */

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double worst_ulps(const struct function *f, cg_tier tier, float *at)
{
    static float x[N], y[N];
    const float *const xs[] = { x };
    const cg_shape shape = CG_SHAPE(N), *shapes[] = { &shape };
    const cg_elu_attrs attrs = { .alpha = 1 };
    double worst = 0;
    for (uint64_t first = 0; first <= UINT32_MAX; first += (uint64_t)N * stride) {
        for (uint32_t i = 0; i < N; i++) x[i] = float_of((uint32_t)first + i * stride);
        cg_op_find(f->op)->forward[tier](
            &(cg_call){ .attrs = &attrs, .n_x = 1, .xs = shapes, .x = xs, .ys = &shape, .y = y }, 0,
            N);
        for (int i = 0; i < N; i++) {
            double error = ulps(y[i], f->exact((double)x[i]));
            if (error > worst) worst = error, *at = x[i];
        }
    }
    return worst;
}

int main(void)
{
    for (int tier = 0; tier < CG_N_TIERS; tier++) {
        for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
            if (!cg_tier_usable((cg_tier)tier)) continue;
            float at = 0;
            double worst = worst_ulps(&functions[i], (cg_tier)tier, &at);
            ok(worst <= functions[i].bound, "%s on %s is within %.1f ulp (worst %.3f at %.9g)",
               functions[i].op, cg_tier_name((cg_tier)tier), functions[i].bound, worst, (double)at);
        }
    }
    return done_testing();
}
