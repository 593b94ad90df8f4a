/* Upright lines are slanted; rows stay where they are. */
#include "data/augment/augment.h"

#include <math.h>

typedef struct {
    double degrees;
} shear_attrs;

static const cg_attr attrs[] = {
    CG_REAL(shear_attrs, degrees, -1, 0, 80, "at most so far, to either side"),
    { .name = NULL },
};

static void move(const void *attrs_, cg_rng *rng, cg_warp *warp)
{
    const shear_attrs *a = attrs_;
    double angle = cg_augment_draw(rng, a->degrees) * (3.14159265358979323846 / 180);
    double slanted[2][2] = { { 1, tan(angle) }, { 0, 1 } };
    cg_warp_follow(warp, slanted, 0, 0);
}

const cg_augment cg_augment_shear = {
    .name = "shear",
    .help = "slanted by up to `degrees` to either side",
    .attrs = attrs,
    .attrs_size = sizeof(shear_attrs),
    .needs_image = true,
    .move = move,
};
