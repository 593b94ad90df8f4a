/* The image is turned around its middle. */
#include "data/augment/augment.h"

#include <math.h>

typedef struct {
    double degrees;
} rotate_attrs;

static const cg_attr attrs[] = {
    CG_REAL(rotate_attrs, degrees, -1, 0, 180, "at most so far, to either side"),
    { .name = NULL },
};

static void move(const void *attrs_, cg_rng *rng, cg_warp *warp)
{
    const rotate_attrs *a = attrs_;
    double angle = cg_augment_draw(rng, a->degrees) * (3.14159265358979323846 / 180);
    double turned[2][2] = { { cos(angle), -sin(angle) }, { sin(angle), cos(angle) } };
    cg_warp_follow(warp, turned, 0, 0);
}

const cg_augment cg_augment_rotate = {
    .name = "rotate",
    .help = "turned by up to `degrees` to either side",
    .attrs = attrs,
    .attrs_size = sizeof(rotate_attrs),
    .needs_image = true,
    .move = move,
};
