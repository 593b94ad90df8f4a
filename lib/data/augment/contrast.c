/* Distances from the image's mean grow or shrink. */
#include "data/augment/augment.h"

typedef struct {
    double by;
} contrast_attrs;

static const cg_attr attrs[] = {
    CG_REAL(contrast_attrs, by, -1, 0, 1, "factors from 1 - by to 1 + by"),
    { .name = NULL },
};

static void paint(const void *attrs_, cg_rng *rng, const cg_canvas *canvas, float *x)
{
    const contrast_attrs *a = attrs_;
    int64_t n = canvas->channels * canvas->height * canvas->width;
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += (double)x[i];
    float mean = (float)(sum / (double)n), factor = (float)cg_augment_draw(rng, a->by);
    for (int64_t i = 0; i < n; i++) x[i] += factor * (x[i] - mean);
}

const cg_augment cg_augment_contrast = {
    .name = "contrast",
    .help = "contrast more or less `by` up to such a part",
    .attrs = attrs,
    .attrs_size = sizeof(contrast_attrs),
    .paint = paint,
};
