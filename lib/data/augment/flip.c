/* The image is mirrored, or not. */
#include "data/augment/augment.h"

typedef struct {
    int64_t axis;
    double probability;
} flip_attrs;

static const cg_attr attrs[] = {
    CG_CHOICE(flip_attrs, axis, "horizontal vertical", "left and right, or above and below"),
    CG_REAL(flip_attrs, probability, 0.5, 0, 1, "share of the images that are mirrored"),
    { .name = NULL },
};

static void move(const void *attrs_, cg_rng *rng, cg_warp *warp)
{
    const flip_attrs *a = attrs_;
    if (cg_rng_uniform(rng) >= a->probability) return;
    double mirrored[2][2] = { { a->axis ? 1 : -1, 0 }, { 0, a->axis ? -1 : 1 } };
    cg_warp_follow(warp, mirrored, 0, 0);
}

const cg_augment cg_augment_flip = {
    .name = "flip",
    .help = "mirrored along `axis` with a `probability`",
    .attrs = attrs,
    .attrs_size = sizeof(flip_attrs),
    .needs_image = true,
    .move = move,
};
