/* What becomes of images when the members of a list are done one after the other. */
#include "data/augment/augment.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

struct cg_augmenter {
    int n;
    cg_augment_step step[CG_MAX_AUGMENTS];
    uint64_t stream[CG_MAX_AUGMENTS]; /* a key for each step */
    cg_canvas canvas;
    cg_warp warp;
    float *padded;
};

/* ---- streams ----------------------------------------------------------------------------------
 */
/* Named after the member and told apart from others of its name, so that a step more in the list
 * never changes the numbers of another. */
static void name_streams(cg_augmenter *a, uint64_t seed)
{
    uint64_t all = cg_stream_key(seed, "augment", 0);
    for (int k = 0; k < a->n; k++) {
        uint64_t n_before = 0;
        for (int i = 0; i < k; i++) n_before += a->step[i].augment == a->step[k].augment;
        a->stream[k] = cg_stream_key(all, a->step[k].augment->name, n_before);
    }
}

/* An image has 2^32 words of its own in the stream of an epoch (a step). */
static cg_rng draws_of(uint64_t stream, const char *of, uint64_t epoch, int64_t image)
{
    return (cg_rng){ .key = cg_stream_key(stream, of, epoch), .counter = (uint64_t)image << 32 };
}

/* ---- images -----------------------------------------------------------------------------------
 */
static void augment_image(cg_augmenter *a, int64_t epoch, int64_t image, float *x)
{
    cg_warp_reset(&a->warp);
    for (int k = 0; k < a->n; k++) {
        const cg_augment *augment = a->step[k].augment;
        const void *attrs = a->step[k].attrs;
        cg_rng rng = draws_of(a->stream[k], "epoch", (uint64_t)epoch, image);
        if (augment->paint) augment->paint(attrs, &rng, &a->canvas, x);
        if (!augment->move) continue;
        augment->move(attrs, &rng, &a->warp);
        if (k + 1 < a->n && a->step[k + 1].augment->move) continue;
        cg_warp_image(&a->warp, &a->canvas, a->padded, x);
        cg_warp_reset(&a->warp);
    }
}

static int64_t image_size(const cg_augmenter *a)
{
    return a->canvas.channels * a->canvas.height * a->canvas.width;
}

void cg_augmenter_apply(cg_augmenter *a, int64_t epoch, int64_t n, const int64_t order[], float *x)
{
    for (int64_t i = 0; i < n; i++) augment_image(a, epoch, order[i], x + i * image_size(a));
}

/* ---- batches ----------------------------------------------------------------------------------
 */
static bool is_mixing(const cg_augmenter *a)
{
    return a->n > 0 && a->step[a->n - 1].augment->share;
}

float cg_augmenter_share(const cg_augmenter *a, uint64_t step, int64_t i)
{
    if (!is_mixing(a)) return 0;
    cg_rng rng = draws_of(a->stream[a->n - 1], "step", step, i);
    return (float)a->step[a->n - 1].augment->share(a->step[a->n - 1].attrs, &rng);
}

void cg_augmenter_mix(const cg_augmenter *a, uint64_t step, int64_t n, float *x)
{
    int64_t size = image_size(a);
    for (int64_t i = 0, j = n - 1; i < j && is_mixing(a); i++, j--) {
        float *xi = x + i * size, *xj = x + j * size;
        float share_i = cg_augmenter_share(a, step, i), share_j = cg_augmenter_share(a, step, j);
        for (int64_t k = 0; k < size; k++) {
            float difference = xj[k] - xi[k];
            xi[k] += share_i * difference;
            xj[k] -= share_j * difference;
        }
    }
}

/* ---- life -------------------------------------------------------------------------------------
 */
static cg_status allocate(cg_augmenter *a, cg_error *error)
{
    size_t pixels = (size_t)(a->canvas.height * a->canvas.width);
    a->padded = cg_alloc((size_t)cg_padded_size(&a->canvas), sizeof *a->padded);
    a->warp.shift[0] = cg_alloc(pixels, sizeof(float));
    a->warp.shift[1] = cg_alloc(pixels, sizeof(float));
    a->warp.smoothed = cg_alloc(pixels, sizeof(float));
    if (!a->padded || !a->warp.shift[0] || !a->warp.shift[1] || !a->warp.smoothed)
        return cg_fail_nomem(error, "augmentation");
    cg_warp_border(&a->canvas, a->padded);
    return CG_OK;
}

cg_status cg_augmenter_new(cg_augmenter **augmenter, const cg_data_spec *spec,
                           const cg_shape *shape, const double mean[], const double std[],
                           cg_error *error)
{
    *augmenter = NULL;
    cg_augmenter *a = cg_alloc(1, sizeof *a);
    if (!a) return cg_fail_nomem(error, "augmentation");
    bool is_image = shape->rank == 3;
    int64_t channels = shape->rank ? shape->dim[0] : 1;
    a->n = spec->n_augments < CG_MAX_AUGMENTS ? spec->n_augments : CG_MAX_AUGMENTS;
    for (int k = 0; k < a->n; k++) a->step[k] = spec->augments[k];
    a->canvas = (cg_canvas){ .channels = channels,
                             .height = is_image ? shape->dim[1] : 1,
                             .width = is_image ? shape->dim[2] : cg_shape_size(shape) / channels,
                             .fill = spec->fill,
                             .mean = mean,
                             .std = std };
    a->warp.height = a->canvas.height;
    a->warp.width = a->canvas.width;
    name_streams(a, spec->seed);
    cg_status status = allocate(a, error);
    if (status != CG_OK)
        cg_augmenter_free(a);
    else
        *augmenter = a;
    return status;
}

void cg_augmenter_free(cg_augmenter *a)
{
    if (!a) return;
    cg_release(a->padded);
    cg_release(a->warp.shift[0]);
    cg_release(a->warp.shift[1]);
    cg_release(a->warp.smoothed);
    cg_release(a);
}
