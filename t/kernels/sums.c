/* Long sums stay accurate, along rows and along columns, and depend on the shape alone. */
#include <cnngraph/ops.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "base/rng.h"

#include "../tap.h"

#include <math.h>
#include <stdlib.h>

enum { LENGTH = 1000003, SEED = 5 };

/* The sum along `axes` of x, width results. */
static void sum(cg_tier tier, cg_shape shape, int64_t axes, const float *x, int64_t width,
                float y[])
{
    const cg_shape ys = CG_SHAPE(width), *xs[] = { &shape };
    const cg_reduce_attrs attrs = { .axes = axes };
    cg_op_find("sum")->forward[tier](
        &(cg_call){
            .attrs = &attrs, .n_x = 1, .xs = xs, .x = (const float *[]){ x }, .ys = &ys, .y = y },
        0, width);
}

/* All terms are positive, so half an ulp (6e-8) is the best possible and 2e-7 near that; adding one
 * float after the other is off by some 1e-4. */
static void check(cg_tier tier, const char *what, cg_shape shape, int64_t axes, const float *x,
                  int64_t stride, int64_t width)
{
    float y[40];
    double worst = 0;
    sum(tier, shape, axes, x, width, y);
    for (int64_t i = 0; i < width; i++) {
        double exact = 0;
        for (int64_t j = 0; j < LENGTH; j++) exact += (double)x[stride == 1 ? j : i + j * stride];
        worst = fmax(worst, fabs((double)y[i] - exact) / exact);
    }
    ok(worst <= 2e-7, "a million terms along %s lose nothing (%s, worst %.1e, seed %d)", what,
       cg_tier_name(tier), worst, SEED);
}

int main(void)
{
    const int64_t width = 5;
    float *x = cg_alloc_aligned((size_t)(LENGTH * width), sizeof *x);
    if (!x) return 1;
    cg_rng rng = cg_rng_new(SEED, "check", 0);
    for (int64_t i = 0; i < LENGTH * width; i++) x[i] = (float)(0.1 + 0.1 * cg_rng_uniform(&rng));
    for (int tier = 0; tier < CG_N_TIERS; tier++) {
        if (!cg_tier_usable((cg_tier)tier)) continue;
        check((cg_tier)tier, "a row", CG_SHAPE(LENGTH), 0, x, 1, 1);
        check((cg_tier)tier, "columns", CG_SHAPE(LENGTH, width), CG_AXIS(0), x, width, width);
    }
    cg_release(x);
    return done_testing();
}
