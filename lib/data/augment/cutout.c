/* A square is blotted out: T. DeVries, G. Taylor, "Improved regularization of convolutional neural
 * networks with cutout", arXiv:1708.04552.  Its middle is any pixel, so that it may reach beyond
 * the edge. */
#include "data/augment/augment.h"

typedef struct {
    int64_t size;
} cutout_attrs;

static const cg_attr attrs[] = {
    CG_INT(cutout_attrs, size, 0, 1, 10000, "side of the square, in pixels"),
    { .name = NULL },
};

static void paint(const void *attrs_, cg_rng *rng, const cg_canvas *canvas, float *x)
{
    const cutout_attrs *a = attrs_;
    int64_t size[2] = { canvas->height, canvas->width }, begin[2], end[2];
    for (int i = 0; i < 2; i++) {
        int64_t first = (int64_t)cg_rng_below(rng, (uint64_t)size[i]) - a->size / 2;
        int64_t last = first + a->size;
        begin[i] = first > 0 ? first : 0;
        end[i] = last < size[i] ? last : size[i];
    }
    for (int64_t c = 0; c < canvas->channels; c++)
        for (int64_t row = begin[0]; row < end[0]; row++)
            for (int64_t column = begin[1]; column < end[1]; column++)
                x[(c * size[0] + row) * size[1] + column] = cg_canvas_fed(canvas, c, canvas->fill);
}

const cg_augment cg_augment_cutout = {
    .name = "cutout",
    .help = "a square of `size` pixels blotted out",
    .attrs = attrs,
    .attrs_size = sizeof(cutout_attrs),
    .needs_image = true,
    .paint = paint,
};
