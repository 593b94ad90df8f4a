/* Long sums of products stay accurate: all terms are the same, so that each addition rounds the
 * same way, which is as bad as it can be. */
#include "trial.h"

#include <cnngraph/ops.h>

#include "../tap.h"

/* Adding one float after the other is off by 2e-4 to 8e-4 here. */
static const double bound = 4e-5;

static const cg_matmul_attrs plain = { 0, 0 }, turned = { 0, 1 };
static const cg_pool2d_attrs window = { .kernel = { 256, 256 } };
static const cg_conv2d_attrs padded = { .padding = { 1, 1, 1, 1 }, .output = { 3, 3 } };

static const struct {
    const char *what, *op;
    const void *attrs;
    cg_shape x[2];
    int n_x;
} sums[] = {
    { "matmul", "matmul", &plain, { CG_DIMS(2, 25088), CG_DIMS(25088, 3) }, 2 },
    { "matmul of a vector", "matmul", &plain, { CG_DIMS(1, 25088), CG_DIMS(25088, 3) }, 2 },
    { "matmul of a vector by rows",
      "matmul",
      &turned,
      { CG_DIMS(1, 25088), CG_DIMS(3, 25088) },
      2 },
    { "matmul in lanes", "matmul", &plain, { CG_DIMS(3, 25088), CG_DIMS(1, 25088, 16) }, 2 },
    { "softmax_cross_entropy",
      "softmax_cross_entropy",
      NULL,
      { CG_DIMS(2, 25088), CG_DIMS(2, 25088) },
      2 },
    { "softmax_cross_entropy of images",
      "softmax_cross_entropy",
      NULL,
      { CG_DIMS(1, 25088, 3), CG_DIMS(1, 25088, 3) },
      2 },
    { "avg_pool2d", "avg_pool2d", &window, { CG_DIMS(1, 1, 256, 256) }, 1 },
    { "avg_pool2d in lanes", "avg_pool2d", &window, { CG_DIMS(1, 1, 256, 256, 16) }, 1 },
    { "conv2d_dw in lanes",
      "conv2d_dw",
      &padded,
      { CG_DIMS(4, 2, 112, 112, 16), CG_DIMS(4, 1, 112, 112, 16) },
      2 },
    { "conv2d_dw of many channels in lanes",
      "conv2d_dw",
      &padded,
      { CG_DIMS(1, 16, 112, 112, 16), CG_DIMS(1, 16, 112, 112, 16) },
      2 },
};

static void check(size_t i, cg_tier tier)
{
    trial t = trial_new(cg_op_find(sums[i].op), sums[i].attrs, sums[i].n_x, sums[i].x);
    for (int k = 0; k < t.n_x; k++)
        for (int64_t j = 0; j < cg_shape_size(t.xs[k]); j++) t.x[k][j] = (double)0.1f;
    trial_reference(&t);
    float *y = trial_kernel(&t, tier, 0);
    double worst = 0;
    for (int64_t j = 0; j < t.n_y; j++) worst = fmax(worst, fabs((double)y[j] / t.y[j] - 1));
    ok(worst <= bound, "%s: a long sum is accurate on %s (worst %.1e)", sums[i].what,
       cg_tier_name(tier), worst);
    cg_release(y);
    trial_free(&t);
}

int main(void)
{
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        for (int tier = 0; tier < CG_N_TIERS; tier++)
            if (cg_tier_usable((cg_tier)tier)) check(i, (cg_tier)tier);
    return done_testing();
}
