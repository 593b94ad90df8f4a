/* Augmentation: what training does to its images, anew in each epoch.
 *
 * A member is a file with one descriptor, listed in augments.c.  Neighbouring members that move
 * pixels are composed into one map, so that an image is resampled once; what comes from beyond its
 * edge is `fill`.  Model files count in values before `normalize`, but images come as they are fed:
 * (value - mean) / std. */
#ifndef CG_DATA_AUGMENT_AUGMENT_H
#define CG_DATA_AUGMENT_AUGMENT_H

#include "base/rng.h"

#include <cnngraph/data.h>
#include <cnngraph/op.h>

/* An image: its sides, 1 x W where it is none, and how channels are normalised. */
typedef struct {
    int64_t channels, height, width;
    double fill;
    const double *mean, *std; /* of each channel */
} cg_canvas;

/* What a channel is fed for a value of the model file. */
static inline float cg_canvas_fed(const cg_canvas *canvas, int64_t channel, double value)
{
    return (float)((value - canvas->mean[channel]) / canvas->std[channel]);
}

/* Where a result's pixel comes from: that at column x of row y from
 *   (u, v) = m (x, y, 1) + (shift[0][y, x], shift[1][y, x]). */
typedef struct {
    int64_t height, width;
    double m[2][3];
    bool is_shifted;            /* or else `shift` counts as 0 */
    float *shift[2], *smoothed; /* height x width each; `smoothed` is at hand for who makes them */
} cg_warp;

typedef struct cg_augment {
    const char *name, *help; /* the word in a model file */
    const cg_attr *attrs;
    size_t attrs_size;
    bool needs_image; /* sides mean something: C x H x W alone */
    /* A key that the others make meaningless: why, with *key; NULL where all is well, or in
     * general. */
    const char *(*conflict)(const void *attrs, const char **key);

    /* One of these, with a generator that begins anew for each image.  Moves pixels:
     * adds itself to the map.  Paints: changes the image x.  Mixes: how much of an image, in
     * 0..1/2, its partner in the batch becomes. */
    void (*move)(const void *attrs, cg_rng *rng, cg_warp *warp);
    void (*paint)(const void *attrs, cg_rng *rng, const cg_canvas *canvas, float *x);
    double (*share)(const void *attrs, cg_rng *rng);
} cg_augment;

extern const cg_augment *const cg_augments[]; /* NULL-terminated */
const cg_augment *cg_augment_find(const char *name);

/* An entry of the list in a model file. */
typedef struct cg_augment_step {
    const cg_augment *augment;
    const void *attrs;
} cg_augment_step;
enum { CG_MAX_AUGMENTS = 32 };

bool cg_augment_mixes(const cg_data_spec *spec); /* labels too */

/* ---- doing it ------------------------------------------------------------------------------- */
typedef struct cg_augmenter cg_augmenter;

/* For images of a shape, after spec->augments and under spec->seed.  mean, std: of each channel, as
 * of cg_dataset_normalization; lent while it lives. */
cg_status cg_augmenter_new(cg_augmenter **augmenter, const cg_data_spec *spec,
                           const cg_shape *shape, const double mean[], const double std[],
                           cg_error *error);
void cg_augmenter_free(cg_augmenter *augmenter); /* NULL is fine */

/* Makes images order[0..n-1] of the split, x (n x C x H x W), what they are in an epoch, apart from
 * mixing.  What becomes of an image depends on seed, epoch and its number alone. */
void cg_augmenter_apply(cg_augmenter *augmenter, int64_t epoch, int64_t n, const int64_t order[],
                        float *x);

/* The share of its partner in image i of the batch of a step, counted through all epochs; 0 where
 * nothing mixes.  The partner among n images is image n - 1 - i.  And the images x so mixed. */
float cg_augmenter_share(const cg_augmenter *augmenter, uint64_t step, int64_t i);
void cg_augmenter_mix(const cg_augmenter *augmenter, uint64_t step, int64_t n, float *x);

/* ---- maps ------------------------------------------------------------------------------------ */
void cg_warp_reset(cg_warp *warp);

/* Follows the map up with another: the result's pixel p comes from c + l (p - c) - t of what the
 * map gave before, c being the image's middle; vectors are (x, y). */
void cg_warp_follow(cg_warp *warp, double l[2][2], double tx, double ty);

/* Bilinear interpolation; exact where (u, v) are whole.  `padded` holds the image with a border of
 * `fill`: cg_padded_size() floats, of which the border is made by cg_warp_border, once. */
int64_t cg_padded_size(const cg_canvas *canvas);
void cg_warp_border(const cg_canvas *canvas, float *padded);
void cg_warp_image(const cg_warp *warp, const cg_canvas *canvas, float *padded, float *x);

/* U(-limit, limit) */
static inline double cg_augment_draw(cg_rng *rng, double limit)
{
    return limit * (2 * cg_rng_uniform(rng) - 1);
}

#endif
