/* Packing the patches of images for the matrix product. */
#include "kernels/patches.h"

#include "kernels/sizes.h"
#include "kernels/vec.h"

#include <string.h>

/* Indices j in [0, n) with 0 <= start + j step < size, for step > 0. */
static inline void inside(int64_t start, int64_t step, int64_t size, int64_t n, int64_t *first,
                          int64_t *last)
{
    int64_t lo = start >= 0 ? 0 : step == 1 ? -start : (step - 1 - start) / step;
    int64_t hi = start >= size ? 0 : step == 1 ? size - start : (size - start + step - 1) / step;
    *first = cg_least(lo, n);
    *last = hi < *first ? *first : cg_least(hi, n);
}

/* to[j * to_step] = row[start + j step] for j < n, 0 beyond the row; row NULL: all 0. */
static inline void copy_run(const float *row, int64_t size, int64_t start, int64_t step, int64_t n,
                            float *to, int64_t to_step)
{
    int64_t first = n, last = n;
    if (row) inside(start, step, size, n, &first, &last);
    for (int64_t j = 0; j < first; j++) to[j * to_step] = 0;
    for (int64_t j = first; j < last; j++) to[j * to_step] = row[start + j * step];
    for (int64_t j = last; j < n; j++) to[j * to_step] = 0;
}

/* The same from and to adjacent places, in whole vectors. */
static inline void copy_adjacent(const float *row, int64_t size, int64_t start, int64_t n,
                                 float *to)
{
    int64_t first = n, last = n;
    if (row) inside(start, 1, size, n, &first, &last);
    if (first > 0 || last < n)
        for (int64_t j = 0; j < n; j += CG_LANES) cg_vec_store(to + j, (cg_vec){ 0 }, n - j);
    for (int64_t j = first; j < last; j += CG_LANES)
        cg_vec_store(to + j, cg_vec_load(row + (start + j), last - j), last - j);
}

typedef struct {
    int64_t channel, t, u;
} tap;

static tap tap_at(const cg_patches *patches, int64_t index)
{
    int64_t taps = patches->taps[0] * patches->taps[1], within = index % taps;
    return (tap){ index / taps, within / patches->taps[1], within % patches->taps[1] };
}

static void next_tap(const cg_patches *patches, tap *at)
{
    if (++at->u < patches->taps[1]) return;
    at->u = 0;
    if (++at->t < patches->taps[0]) return;
    at->t = 0;
    at->channel++;
}

/* The row of the image under grid row i and a tap; NULL beyond the image. */
static const float *row_under(const cg_patches *patches, int64_t image, int64_t i, tap at)
{
    int64_t row = patches->origin[0] + i * patches->step[0] + at.t * patches->tap_step[0];
    if (row < 0 || row >= patches->size[0]) return NULL;
    return patches->data + image * patches->image_stride + at.channel * patches->plane_stride +
           row * patches->size[1];
}

/* Pixels [pixel, pixel + n) of one grid row under taps [k0, k0+nk): a run of `n` in each of nk rows
 * of the panel at `to`. */
static void pack_pixel_run(const cg_patches *patches, int64_t pixel, int64_t n, int64_t k0,
                           int64_t nk, int64_t width, float *to)
{
    int64_t line = pixel / patches->grid[1], j = pixel % patches->grid[1];
    int64_t image = line / patches->grid[0], i = line % patches->grid[0];
    int64_t left = patches->origin[1] + j * patches->step[1];
    tap at = tap_at(patches, k0);
    const float *row = NULL;
    for (int64_t k = 0; k < nk; k++, to += width, next_tap(patches, &at)) {
        if (k == 0 || at.u == 0) row = row_under(patches, image, i, at);
        int64_t start = left + at.u * patches->tap_step[1];
        if (patches->step[1] == 1)
            copy_adjacent(row, patches->size[1], start, n, to);
        else
            copy_run(row, patches->size[1], start, patches->step[1], n, to, 1);
    }
}

void cg_pack_pixels(const void *matrix, int64_t i0, int64_t n, int64_t k0, int64_t nk,
                    int64_t width, float *to)
{
    const cg_patches *patches = matrix;
    for (; n > 0; n -= width, i0 += width, to += width * nk) {
        int64_t live = cg_least(width, n);
        if (live < width) memset(to, 0, (size_t)(width * nk) * sizeof *to);
        for (int64_t done = 0, run; done < live; done += run) {
            run = cg_least(live - done, patches->grid[1] - (i0 + done) % patches->grid[1]);
            pack_pixel_run(patches, i0 + done, run, k0, nk, width, to + done);
        }
    }
}

/* Pixels [k0, k0+nk) under one tap: a column of the panel at `to`. */
static void pack_tap(const cg_patches *patches, tap at, int64_t k0, int64_t nk, int64_t width,
                     float *to)
{
    int64_t line = k0 / patches->grid[1], j = k0 % patches->grid[1];
    int64_t image = line / patches->grid[0], i = line % patches->grid[0];
    int64_t offset = patches->origin[1] + at.u * patches->tap_step[1];
    for (int64_t run; nk > 0; nk -= run, to += run * width, j = 0) {
        run = cg_least(nk, patches->grid[1] - j);
        copy_run(row_under(patches, image, i, at), patches->size[1], offset + j * patches->step[1],
                 patches->step[1], run, to, width);
        if (++i == patches->grid[0]) {
            i = 0;
            image++;
        }
    }
}

void cg_pack_taps(const void *matrix, int64_t i0, int64_t n, int64_t k0, int64_t nk, int64_t width,
                  float *to)
{
    const cg_patches *patches = matrix;
    tap at = tap_at(patches, i0);
    for (; n > 0; n -= width, to += width * nk) {
        int64_t live = cg_least(width, n);
        if (live < width) memset(to, 0, (size_t)(width * nk) * sizeof *to);
        for (int64_t r = 0; r < live; r++, next_tap(patches, &at))
            pack_tap(patches, at, k0, nk, width, to + r);
    }
}
