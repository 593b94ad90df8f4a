/* Distances from the image's mean grow or shrink. */
#include "data/augment/augment.h"

typedef struct {
    double by;
} contrast_attrs;

static const cg_attr attrs[] = {
    CG_REAL(contrast_attrs, by, -1, 0, 1, "factors from 1 - by to 1 + by"),
    { .name = NULL },
};

/* Of all channels, before `normalize`. */
static double mean_of(const cg_canvas *canvas, const float *x)
{
    double mean = 0;
    int64_t n = canvas->height * canvas->width;
    for (int64_t c = 0; c < canvas->channels; c++, x += n) {
        double sum = 0;
        for (int64_t i = 0; i < n; i++) sum += (double)x[i];
        mean += (sum / (double)n * canvas->std[c] + canvas->mean[c]) / (double)canvas->channels;
    }
    return mean;
}

static void paint(const void *attrs_, cg_rng *rng, const cg_canvas *canvas, float *x)
{
    const contrast_attrs *a = attrs_;
    float factor = (float)cg_augment_draw(rng, a->by);
    double mean = mean_of(canvas, x);
    int64_t n = canvas->height * canvas->width;
    for (int64_t c = 0; c < canvas->channels; c++, x += n) {
        float fed = cg_canvas_fed(canvas, c, mean);
        for (int64_t i = 0; i < n; i++) x[i] += factor * (x[i] - fed);
    }
}

const cg_augment cg_augment_contrast = {
    .name = "contrast",
    .help = "contrast more or less `by` up to such a part",
    .attrs = attrs,
    .attrs_size = sizeof(contrast_attrs),
    .paint = paint,
};
