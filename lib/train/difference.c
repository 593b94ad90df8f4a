/* Comparing bit by bit: 0 and -0 differ, a NaN and itself do not. */
#include "train/difference.h"

#include "train/weights.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void keep_name(cg_difference *d, const char *name)
{
    *d = (cg_difference){ .what = NULL };
    snprintf(d->name, sizeof d->name, "%s", name);
}

static double distance(double a, double b)
{
    double between = fabs(a - b);
    return isnan(between) ? (double)INFINITY : between;
}

/* Values of any alignment: a file lends them as they lie in it. */
static float value(const void *values, int64_t i)
{
    float v;
    memcpy(&v, (const char *)values + (size_t)i * sizeof v, sizeof v);
    return v;
}

static int64_t compare(const void *a, const void *b, int64_t n, cg_difference *d)
{
    int64_t different = 0;
    d->largest = 0;
    for (int64_t i = 0; i < n; i++) {
        float x = value(a, i), y = value(b, i);
        /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): bits are meant */
        if (memcmp(&x, &y, sizeof x) == 0) continue;
        if (different++ == 0) {
            d->at = i;
            d->a = (double)x;
            d->b = (double)y;
        }
        d->largest = fmax(d->largest, distance((double)x, (double)y));
    }
    return different;
}

int64_t cg_compare_values(const float *a, const float *b, int64_t n, cg_difference *d)
{
    return compare(a, b, n, d);
}

int cg_compare_programs(const cg_program *a, const cg_program *b, cg_difference *first)
{
    int different = 0, n = cg_weights_count(a);
    *first = (cg_difference){ .what = NULL };
    for (int i = 0; i < n; i++) {
        cg_leaf x = cg_weights_leaf(a, i), y = cg_weights_leaf(b, i);
        cg_difference d;
        keep_name(&d, x.name);
        if (!y.data || strcmp(x.name, y.name) != 0 || !cg_shape_equal(&x.shape, &y.shape))
            d.what = "is another tensor in the second";
        else if (compare(x.data, y.data, cg_shape_size(&x.shape), &d) == 0)
            continue;
        if (different++ == 0) *first = d;
    }
    return different;
}

/* Does tensor i of `a` differ from that of its name in `b`? */
static bool tensor_differs(const cg_safetensors *a, int i, const cg_safetensors *b,
                           cg_difference *d)
{
    cg_named_tensor x = cg_safetensors_tensor(a, i);
    int at = cg_safetensors_find(b, x.name);
    keep_name(d, x.name);
    if (at < 0) {
        d->what = "is only in the first";
        return true;
    }
    cg_named_tensor y = cg_safetensors_tensor(b, at);
    if (!cg_shape_equal(&x.shape, &y.shape) || x.dtype != y.dtype) {
        d->what = "is of another shape or type in the second";
        return true;
    }
    int64_t n = cg_shape_size(&x.shape);
    if (x.dtype == CG_F32) return compare(x.data, y.data, n, d) > 0;
    d->what = "has other values of F64";
    return memcmp(x.data, y.data, (size_t)n * sizeof(double)) != 0;
}

int cg_compare_files(const cg_safetensors *a, const cg_safetensors *b, cg_difference *first,
                     cg_difference *most)
{
    int different = 0;
    *first = *most = (cg_difference){ .what = NULL };
    for (int i = 0; i < cg_safetensors_count(a); i++) {
        cg_difference d;
        if (!tensor_differs(a, i, b, &d)) continue;
        if (different++ == 0) *first = d;
        if (!d.what && (!most->name[0] || d.largest > most->largest)) *most = d;
    }
    for (int i = 0; i < cg_safetensors_count(b); i++) {
        const char *name = cg_safetensors_tensor(b, i).name;
        if (cg_safetensors_find(a, name) >= 0) continue;
        if (different++ > 0) continue;
        keep_name(first, name);
        first->what = "is only in the second";
    }
    return different;
}
