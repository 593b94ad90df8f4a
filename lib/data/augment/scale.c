/* The image grows or shrinks around its middle. */
#include "data/augment/augment.h"

typedef struct {
    double min, max;
} scale_attrs;

static const cg_attr attrs[] = {
    CG_REAL(scale_attrs, min, 0, 0.01, 100, "smallest factor"),
    CG_REAL(scale_attrs, max, 0, 0.01, 100, "largest factor"),
    { .name = NULL },
};

static const char *conflict(const void *attrs_, const char **key)
{
    const scale_attrs *a = attrs_;
    *key = "max";
    return a->max < a->min ? "max is less than min; are they the wrong way round?" : NULL;
}

static void move(const void *attrs_, cg_rng *rng, cg_warp *warp)
{
    const scale_attrs *a = attrs_;
    double factor = a->min + (a->max - a->min) * cg_rng_uniform(rng);
    double scaled[2][2] = { { 1 / factor, 0 }, { 0, 1 / factor } };
    cg_warp_follow(warp, scaled, 0, 0);
}

const cg_augment cg_augment_scale = {
    .name = "scale",
    .help = "larger by a factor from `min` to `max`",
    .attrs = attrs,
    .attrs_size = sizeof(scale_attrs),
    .needs_image = true,
    .conflict = conflict,
    .move = move,
};
