/* Elastic distortion: each pixel comes from a place nearby, and neighbours from places that differ
 * little.  P. Simard, D. Steinkraus, J. Platt, "Best practices for convolutional neural networks
 * applied to visual document analysis", ICDAR 2003, section 2: fields of U(-1, 1) are smoothed by a
 * Gaussian of deviation sigma, with 0 beyond the edge, and multiplied by alpha. */
#include "data/augment/augment.h"

#include <math.h>
#include <string.h>

enum { MAX_SIGMA = 32, REACH = 3 /* deviations, where the Gaussian ends */ };

typedef struct {
    double alpha, sigma;
} elastic_attrs;

static const cg_attr attrs[] = {
    CG_REAL(elastic_attrs, alpha, 34, 0, 1e6, "strength, in pixels before smoothing"),
    CG_REAL(elastic_attrs, sigma, 4, 0.1, MAX_SIGMA, "of the smoothing, in pixels"),
    { .name = NULL },
};

/* weight[0..radius] of one side, the sum of both times `total`. */
static int gaussian(double sigma, double total, float weight[REACH * MAX_SIGMA + 1])
{
    int radius = (int)ceil(REACH * sigma);
    double sum = 1;
    for (int k = 1; k <= radius; k++) sum += 2 * exp(-k * k / (2 * sigma * sigma));
    weight[0] = (float)(total / sum);
    for (int k = 1; k <= radius; k++)
        weight[k] = (float)(total / sum * exp(-k * k / (2 * sigma * sigma)));
    return radius;
}

/* y = x smoothed down its columns: row r takes weight[k] of the rows r - k and r + k.  What moves
 * by whole rows is one run of floats. */
static void smooth(const float *x, int64_t rows, int64_t columns, int radius, const float weight[],
                   float *y)
{
    int64_t size = rows * columns;
    for (int64_t i = 0; i < size; i++) y[i] = weight[0] * x[i];
    for (int64_t k = 1; k <= radius && k < rows; k++) {
        int64_t far = k * columns;
        for (int64_t i = 0; i < size - far; i++) y[i] += weight[k] * x[i + far];
        for (int64_t i = far; i < size; i++) y[i] += weight[k] * x[i - far];
    }
}

static void transpose(const float *x, int64_t rows, int64_t columns, float *y)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++) y[c * rows + r] = x[r * columns + c];
}

/* Down its columns, turned, down what was its rows; the noise may lie either way round. */
static void draw_field(cg_rng *rng, const cg_warp *warp, const float smoother[],
                       const float strengthener[], int radius, float *field)
{
    int64_t height = warp->height, width = warp->width;
    float *other = warp->smoothed;
    for (int64_t i = 0; i < height * width; i++)
        field[i] = (float)(int32_t)cg_rng_u32(rng) * 0x1p-31f;
    smooth(field, width, height, radius, smoother, other);
    transpose(other, width, height, field);
    smooth(field, height, width, radius, strengthener, other);
    memcpy(field, other, (size_t)(height * width) * sizeof *field);
}

static void move(const void *attrs_, cg_rng *rng, cg_warp *warp)
{
    const elastic_attrs *a = attrs_;
    float smoother[REACH * MAX_SIGMA + 1], strengthener[REACH * MAX_SIGMA + 1];
    gaussian(a->sigma, 1, smoother);
    int radius = gaussian(a->sigma, a->alpha, strengthener);
    for (int i = 0; i < 2; i++)
        draw_field(rng, warp, smoother, strengthener, radius, warp->shift[i]);
    warp->is_shifted = true;
}

const cg_augment cg_augment_elastic = {
    .name = "elastic",
    .help = "bent by a field of `alpha` smoothed by `sigma`",
    .attrs = attrs,
    .attrs_size = sizeof(elastic_attrs),
    .needs_image = true,
    .move = move,
};
