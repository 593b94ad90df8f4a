/* A window of the image's size, cut at random from the image with a border around it; that is, the
 * image is moved by whole pixels. */
#include "data/augment/augment.h"

typedef struct {
    int64_t pixels;
} pad_attrs;

static const cg_attr attrs[] = {
    CG_INT(pad_attrs, pixels, -1, 0, 10000, "width of the border"),
    { .name = NULL },
};

static double offset(cg_rng *rng, int64_t most)
{
    return (double)((int64_t)cg_rng_below(rng, 2 * (uint64_t)most + 1) - most);
}

static void move(const void *attrs_, cg_rng *rng, cg_warp *warp)
{
    const pad_attrs *a = attrs_;
    double same[2][2] = { { 1, 0 }, { 0, 1 } };
    double tx = offset(rng, a->pixels), ty = offset(rng, a->pixels);
    cg_warp_follow(warp, same, tx, ty);
}

const cg_augment cg_augment_pad_and_crop = {
    .name = "pad_and_crop",
    .help = "a window cut from the image with a border of `pixels`",
    .attrs = attrs,
    .attrs_size = sizeof(pad_attrs),
    .needs_image = true,
    .move = move,
};
