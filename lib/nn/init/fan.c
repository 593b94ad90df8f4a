/* Initialisers scaled by the number of inputs and outputs of a unit ("fans"), so that activations
 * and gradients keep their variance from layer to layer: lecun   variance 1 / fan_in             Y.
 * LeCun et al., "Efficient BackProp", 1998 xavier  variance 2 / (fan_in + fan_out) X. Glorot, Y.
 * Bengio, AISTATS 2010 he      variance 2 / fan_in             K. He et al., ICCV 2015, for ReLU
 * U(-a, a) has variance a^2 / 3.  Each takes a `gain` that multiplies the deviation. */
#include "nn/nn.h"

#include "base/rng.h"

#include <math.h>

typedef struct {
    double gain;
} gain_attrs;
static const cg_attr table[] = {
    CG_REAL(gain_attrs, gain, 1, 0, 1e6, "factor of the standard deviation"),
    { .name = NULL },
};

static void fill_uniform(const void *attrs, cg_rng *rng, double variance, int64_t n,
                         double values[])
{
    double a = ((const gain_attrs *)attrs)->gain * sqrt(3 * variance);
    for (int64_t i = 0; i < n; i++) values[i] = a * (2 * cg_rng_uniform(rng) - 1);
}

static void fill_normal(const void *attrs, cg_rng *rng, double variance, int64_t n, double values[])
{
    double std = ((const gain_attrs *)attrs)->gain * sqrt(variance);
    for (int64_t i = 0; i < n; i++) values[i] = std * cg_rng_normal(rng);
}

#define INIT(word, draw, variance, what)                                                 \
    static void word(const void *attrs, cg_rng *rng, int64_t in, int64_t out, int64_t n, \
                     double values[])                                                    \
    {                                                                                    \
        (void)out;                                                                       \
        draw(attrs, rng, variance, n, values);                                           \
    }                                                                                    \
    const cg_init cg_init_##word = { .name = #word,                                      \
                                     .help = (what),                                     \
                                     .attrs = table,                                     \
                                     .attrs_size = sizeof(gain_attrs),                   \
                                     .fill = (word) }

INIT(fan_in_uniform, fill_uniform, 1.0 / (3.0 * (double)in),
     "U(-a, a), a = gain / sqrt(fan_in): PyTorch's default, and ours for weights");
INIT(lecun_uniform, fill_uniform, 1.0 / (double)in, "U(-a, a), a = gain sqrt(3 / fan_in)");
INIT(lecun_normal, fill_normal, 1.0 / (double)in, "N(0, gain^2 / fan_in)");
INIT(he_uniform, fill_uniform, 2.0 / (double)in, "U(-a, a), a = gain sqrt(6 / fan_in)");
INIT(he_normal, fill_normal, 2.0 / (double)in, "N(0, 2 gain^2 / fan_in)");
INIT(xavier_uniform, fill_uniform, 2.0 / (double)(in + out),
     "U(-a, a), a = gain sqrt(6 / (fan_in + fan_out))");
INIT(xavier_normal, fill_normal, 2.0 / (double)(in + out), "N(0, 2 gain^2 / (fan_in + fan_out))");
INIT(glorot_uniform, fill_uniform, 2.0 / (double)(in + out), "xavier_uniform under its other name");
INIT(glorot_normal, fill_normal, 2.0 / (double)(in + out), "xavier_normal under its other name");
