/* Long sums stay accurate: along rows, long or short, and along columns. */
#include <cnngraph/ops.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "base/rng.h"

#include "../tap.h"

#include <math.h>
#include <stdlib.h>

enum { LENGTH = 1000003, WIDTH = 5, SEED = 5 };

/* Sums of x, so many rows of `width` runs of so many terms each: one sum for each place in a row.
 */
static void sum(cg_tier tier, cg_shape shape, const float *x, float y[])
{
    const cg_shape ys = CG_SHAPE(shape.dim[1]), *xs[] = { &shape };
    const cg_reduce_attrs attrs = { .axes = CG_AXIS(0) | CG_AXIS(2) };
    cg_op_find("sum")->forward[tier](
        &(cg_call){
            .attrs = &attrs, .n_x = 1, .xs = xs, .x = (const float *[]){ x }, .ys = &ys, .y = y },
        0, shape.dim[1]);
}

/* All terms are positive, so half an ulp (6e-8) is the best possible and 2e-7 near that; adding one
 * float after the other is off by some 1e-4. */
static void check(cg_tier tier, const char *what, cg_shape shape, const float *x)
{
    const int64_t width = shape.dim[1], run = shape.dim[2], length = shape.dim[0] * run;
    float y[WIDTH];
    double worst = 0;
    sum(tier, shape, x, y);
    for (int64_t i = 0; i < width; i++) {
        double exact = 0;
        for (int64_t j = 0; j < length; j++)
            exact += (double)x[(j / run * width + i) * run + j % run];
        worst = fmax(worst, fabs((double)y[i] - exact) / exact);
    }
    ok(worst <= 2e-7, "a million terms along %s lose nothing (%s, worst %.1e, seed %d)", what,
       cg_tier_name(tier), worst, SEED);
}

int main(void)
{
    float *x = cg_alloc_aligned((size_t)(LENGTH * WIDTH), sizeof *x);
    if (!x) return 1;
    cg_rng rng = cg_rng_new(SEED, "check", 0);
    for (int64_t i = 0; i < LENGTH * WIDTH; i++) x[i] = (float)(0.1 + 0.1 * cg_rng_uniform(&rng));
    for (int tier = 0; tier < CG_N_TIERS; tier++) {
        if (!cg_tier_usable((cg_tier)tier)) continue;
        check((cg_tier)tier, "a row", CG_SHAPE(1, 1, LENGTH), x);
        check((cg_tier)tier, "rows of seven", CG_SHAPE(LENGTH / 7, WIDTH, 7), x);
        check((cg_tier)tier, "columns", CG_SHAPE(LENGTH, WIDTH, 1), x);
    }
    cg_release(x);
    return done_testing();
}
