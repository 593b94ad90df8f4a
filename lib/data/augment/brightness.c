/* The whole image becomes lighter or darker. */
#include "data/augment/augment.h"

typedef struct {
    double by;
} brightness_attrs;

static const cg_attr attrs[] = {
    CG_REAL(brightness_attrs, by, -1, 0, 1e6, "at most so much, to either side"),
    { .name = NULL },
};

static void paint(const void *attrs_, cg_rng *rng, const cg_canvas *canvas, float *x)
{
    const brightness_attrs *a = attrs_;
    double more = cg_augment_draw(rng, a->by);
    int64_t n = canvas->height * canvas->width;
    for (int64_t c = 0; c < canvas->channels; c++, x += n) {
        float fed = (float)(more / canvas->std[c]);
        for (int64_t i = 0; i < n; i++) x[i] += fed;
    }
}

const cg_augment cg_augment_brightness = {
    .name = "brightness",
    .help = "lighter or darker `by` up to so much",
    .attrs = attrs,
    .attrs_size = sizeof(brightness_attrs),
    .paint = paint,
};
