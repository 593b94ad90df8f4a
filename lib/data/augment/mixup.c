/* Images and what is asked of them are mixed in pairs: H. Zhang, M. Cisse, Y. Dauphin,
 * D. Lopez-Paz, "mixup: Beyond Empirical Risk Minimization", ICLR 2018.  Shares are Beta(alpha,
 * alpha), for each image its own, and at most a half: an image keeps its own label first. */
#include "data/augment/augment.h"

#include <math.h>

typedef struct {
    double alpha;
} mixup_attrs;

static const cg_attr attrs[] = {
    CG_REAL(mixup_attrs, alpha, 0.2, 0.05, 100, "of Beta(alpha, alpha); more mixes more"),
    { .name = NULL },
};

/* Gamma(a, 1), a >= 1: G. Marsaglia, W. Tsang, "A simple method for generating gamma variables",
 * ACM TOMS 26 (2000). */
static double draw_gamma(cg_rng *rng, double a)
{
    double d = a - 1. / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = cg_rng_normal(rng), v = pow(1 + c * x, 3), u = 1 - cg_rng_uniform(rng);
        if (v > 0 && log(u) < x * x / 2 + d - d * v + d * log(v)) return d * v;
    }
}

/* Gamma(a) = Gamma(a + 1) U^(1/a), as there. */
static double draw_small_gamma(cg_rng *rng, double a)
{
    double boosted = draw_gamma(rng, a + 1);
    return boosted * pow(1 - cg_rng_uniform(rng), 1 / a);
}

static double share(const void *attrs_, cg_rng *rng)
{
    const mixup_attrs *a = attrs_;
    double x = draw_small_gamma(rng, a->alpha), y = draw_small_gamma(rng, a->alpha);
    return fmin(x, y) / (x + y);
}

const cg_augment cg_augment_mixup = {
    .name = "mixup",
    .help = "images and labels mixed in pairs, by shares of Beta(`alpha`, `alpha`)",
    .attrs = attrs,
    .attrs_size = sizeof(mixup_attrs),
    .share = share,
};
