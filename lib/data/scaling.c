#include "data/scaling.h"

#include "base/error.h"

#include <math.h>

static void tabulate(cg_scaling *s)
{
    for (int64_t c = 0; c < s->channels && s->of_byte; c++)
        for (int v = 0; v < 256; v++)
            s->of_byte[c * 256 + v] = (float)((v * s->scale - s->mean[c]) / s->std[c]);
}

static int64_t channels_of(const cg_shape *shape)
{
    return shape->rank ? shape->dim[0] : 1;
}

int64_t cg_scaling_bytes(const cg_shape *shape, bool is_bytes)
{
    return channels_of(shape) *
           (int64_t)(2 * sizeof(double) + (is_bytes ? 256 * sizeof(float) : 0));
}

cg_status cg_scaling_new(cg_scaling *s, const cg_data_spec *spec, const cg_shape *shape,
                         bool is_bytes, cg_error *error)
{
    int64_t channels = channels_of(shape);
    *s = (cg_scaling){ .channels = channels, .plane = cg_shape_size(shape) / channels };
    s->scale = spec->scale != 0 ? spec->scale : is_bytes ? 1. / 255 : 1;
    if (spec->n_channels && spec->n_channels != channels)
        return cg_fail(error, CG_EDATA, "normalize: %d values for %lld channels", spec->n_channels,
                       (long long)channels);
    s->mean = cg_alloc((size_t)channels, sizeof *s->mean);
    s->std = cg_alloc((size_t)channels, sizeof *s->std);
    if (is_bytes) s->of_byte = cg_alloc((size_t)channels, 256 * sizeof *s->of_byte);
    if (!s->mean || !s->std || (is_bytes && !s->of_byte)) return cg_fail_nomem(error, "a data set");
    for (int64_t c = 0; c < channels; c++) {
        s->mean[c] = spec->n_channels ? spec->channel_mean[c] : spec->mean;
        s->std[c] = spec->n_channels ? spec->channel_std[c] : spec->std != 0 ? spec->std : 1;
    }
    tabulate(s);
    return CG_OK;
}

void cg_scaling_free(cg_scaling *s)
{
    cg_release(s->mean);
    cg_release(s->std);
    cg_release(s->of_byte);
    *s = (cg_scaling){ 0 };
}

/* ---- measuring ----------------------------------------------------------------------------- */
/* Of what the files hold: scaled values are rounded, the mean of equal ones is not their value, and
 * a constant channel would have a tiny deviation.  Bytes are counted first: whole numbers, so that
 * neither order nor rounding has a say. */
static void measure_bytes(cg_scaling *s, const cg_samples *samples, int64_t n,
                          const int64_t chosen[], int64_t c)
{
    int64_t count[256] = { 0 };
    for (int64_t i = 0; i < n; i++) {
        const uint8_t *v = samples->images + (chosen[i] * s->channels + c) * s->plane;
        for (int64_t j = 0; j < s->plane; j++) count[v[j]]++;
    }
    double sum = 0, squares = 0, total = (double)n * (double)s->plane;
    for (int v = 0; v < 256; v++) sum += (double)count[v] * v;
    const double mean = sum / total;
    for (int v = 0; v < 256; v++) squares += (double)count[v] * (v - mean) * (v - mean);
    s->mean[c] = s->scale * sum / total;
    s->std[c] = fabs(s->scale) * sqrt(squares / total);
}

static void measure_values(cg_scaling *s, const cg_samples *samples, int64_t n,
                           const int64_t chosen[], int64_t c)
{
    double sum = 0, squares = 0, total = (double)n * (double)s->plane;
    for (int64_t i = 0; i < n; i++) {
        const float *v = samples->values + (chosen[i] * s->channels + c) * s->plane;
        for (int64_t j = 0; j < s->plane; j++) sum += (double)v[j];
    }
    const double mean = sum / total;
    for (int64_t i = 0; i < n; i++) {
        const float *v = samples->values + (chosen[i] * s->channels + c) * s->plane;
        for (int64_t j = 0; j < s->plane; j++) {
            double d = (double)v[j] - mean;
            squares += d * d;
        }
    }
    s->mean[c] = s->scale * mean;
    s->std[c] = fabs(s->scale) * sqrt(squares / total);
}

void cg_scaling_measure(cg_scaling *s, const cg_samples *samples, int64_t n, const int64_t chosen[])
{
    for (int64_t c = 0; c < s->channels; c++) {
        (samples->images ? measure_bytes : measure_values)(s, samples, n, chosen, c);
        if (!(s->std[c] > 0)) s->std[c] = 1;
    }
    tabulate(s);
}

/* ---- applying ------------------------------------------------------------------------------ */
void cg_scaling_apply(const cg_scaling *s, const cg_samples *samples, int64_t i, float *x)
{
    int64_t at = i * s->channels * s->plane;
    for (int64_t c = 0; c < s->channels; c++, at += s->plane, x += s->plane) {
        if (samples->images) {
            const float *of_byte = s->of_byte + c * 256;
            const uint8_t *v = samples->images + at;
            for (int64_t j = 0; j < s->plane; j++) x[j] = of_byte[v[j]];
        } else {
            const float *v = samples->values + at;
            for (int64_t j = 0; j < s->plane; j++)
                x[j] = (float)(((double)v[j] * s->scale - s->mean[c]) / s->std[c]);
        }
    }
}
