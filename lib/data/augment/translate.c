/* The image is moved, not by whole pixels. */
#include "data/augment/augment.h"

typedef struct {
    double pixels;
} translate_attrs;

static const cg_attr attrs[] = {
    CG_REAL(translate_attrs, pixels, -1, 0, 10000, "at most so far, down and across"),
    { .name = NULL },
};

static void move(const void *attrs_, cg_rng *rng, cg_warp *warp)
{
    const translate_attrs *a = attrs_;
    double same[2][2] = { { 1, 0 }, { 0, 1 } };
    double tx = cg_augment_draw(rng, a->pixels), ty = cg_augment_draw(rng, a->pixels);
    cg_warp_follow(warp, same, tx, ty);
}

const cg_augment cg_augment_translate = {
    .name = "translate",
    .help = "moved by up to `pixels` down and across",
    .attrs = attrs,
    .attrs_size = sizeof(translate_attrs),
    .needs_image = true,
    .move = move,
};
