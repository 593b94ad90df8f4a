/* Gaussian noise, for each value its own. */
#include "data/augment/augment.h"

#include <math.h>

typedef struct {
    double std;
} noise_attrs;

static const cg_attr attrs[] = {
    CG_REAL(noise_attrs, std, -1, 0, 1e6, "its deviation"),
    { .name = NULL },
};

/* Box & Muller 1958, both values of a pair, in the precision of the pixels; 1e-10 is half of the
 * least draw that is not 0. */
static void draw_pair(cg_rng *rng, float std, float pair[2])
{
    float u = (float)cg_rng_u32(rng) * 0x1p-32f + 1e-10f;
    float angle = (float)cg_rng_u32(rng) * (6.28318530717958647693f * 0x1p-32f);
    float length = std * sqrtf(fmaxf(0, -2 * logf(u)));
    pair[0] = length * cosf(angle);
    pair[1] = length * sinf(angle);
}

static void paint(const void *attrs_, cg_rng *rng, const cg_canvas *canvas, float *x)
{
    const noise_attrs *a = attrs_;
    int64_t n = canvas->height * canvas->width;
    for (int64_t c = 0; c < canvas->channels; c++, x += n) {
        float std = (float)(a->std / canvas->std[c]);
        for (int64_t i = 0; i < n; i += 2) {
            float pair[2];
            draw_pair(rng, std, pair);
            x[i] += pair[0];
            if (i + 1 < n) x[i + 1] += pair[1];
        }
    }
}

const cg_augment cg_augment_noise = {
    .name = "noise",
    .help = "Gaussian noise of deviation `std`",
    .attrs = attrs,
    .attrs_size = sizeof(noise_attrs),
    .paint = paint,
};
