/* The images that the model was most sure of, and wrong. */
#include "report/picture.h"
#include "report/report.h"

#include "base/memory.h"

#include <inttypes.h>
#include <math.h>

enum { LARGEST_SIDE = 256 };

/* A picture of x, C planes of n values, from its smallest (black) to its largest value (white).  Of
 * other than three channels the first is shown. */
static void to_pixels(const float *x, int channels, int64_t n, uint8_t *pixels)
{
    float low = x[0], high = x[0];
    for (int64_t i = 0; i < channels * n; i++) {
        low = fminf(low, x[i]);
        high = fmaxf(high, x[i]);
    }
    for (int64_t i = 0; i < n; i++)
        for (int c = 0; c < channels; c++)
            pixels[i * channels + c] =
                high > low ? cg_pixel(255 * (x[c * n + i] - low) / (high - low)) : 0;
}

static void put_mistake(cg_page *page, const cg_report *r, const cg_mistake *m,
                        const cg_shape *shape, float *x, uint8_t *pixels)
{
    char label[CG_CLASS_TEXT], predicted[CG_CLASS_TEXT];
    float target;
    int channels = shape->dim[0] == 3 ? 3 : 1;
    cg_dataset_batch(r->set, r->split, 1, &m->image, x, &target);
    to_pixels(x, channels, shape->dim[1] * shape->dim[2], pixels);
    cg_put(page, "<figure><img alt=\"image %" PRId64 "\" src=\"", m->image);
    cg_put_picture(page, (int)shape->dim[1], (int)shape->dim[2], channels, pixels);
    cg_put(page, "\"><figcaption><b>");
    cg_put_text(page, cg_dataset_class_text(r->set, m->label, label));
    cg_put(page, " → ");
    cg_put_text(page, cg_dataset_class_text(r->set, m->predicted, predicted));
    cg_put(page, "</b> %.1f&#8239;%%<br><small>no. %" PRId64 "</small></figcaption></figure>\n",
           100 * m->probability, m->image);
}

static void put_all(cg_page *page, const cg_report *r, const cg_shape *shape)
{
    size_t n = (size_t)cg_shape_size(shape);
    float *x = cg_alloc(n, sizeof *x);
    uint8_t *pixels = cg_alloc(n, 1);
    cg_put(page, "<p class=\"note\">The true class, what it was taken for, and the probability the "
                 "model gave to that.</p>\n<div class=\"pictures\">\n");
    if (x && pixels)
        for (int i = 0; i < r->evaluation->n_mistakes; i++)
            put_mistake(page, r, &r->evaluation->mistakes[i], shape, x, pixels);
    else
        page->status = cg_fail_nomem(page->error, "pictures");
    cg_put(page, "</div>\n");
    cg_release(x);
    cg_release(pixels);
}

static void draw(cg_page *page, const cg_report *r)
{
    cg_shape shape = cg_dataset_shape(r->set);
    bool is_image = shape.rank == 3 && shape.dim[1] <= LARGEST_SIDE && shape.dim[2] <= LARGEST_SIDE;
    if (r->evaluation->n_mistakes == 0)
        cg_put(page, "<p class=\"none\">None%s.</p>\n",
               isfinite(r->evaluation->calibration_error)
                   ? ""
                   : " that can be ranked: the outputs of this model are no probabilities");
    else if (!is_image || !cg_can_draw_pictures())
        cg_put(page, "<p class=\"none\">%s</p>\n",
               is_image ? "PNG images are left out of this build (--with-png)."
                        : "The samples are no small images.");
    else
        put_all(page, r, &shape);
}

const cg_figure cg_figure_mistakes = {
    .id = "mistakes", .title = "Most confident mistakes", .of_classes = true, .draw = draw
};
