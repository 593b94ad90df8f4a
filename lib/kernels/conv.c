/* Convolution and its two gradients as matrix products, the patches packed straight from the image.
 */
#include "kernels/conv.h"

#include "base/memory.h"

#include "kernels/lanes.h"
#include "kernels/lanes_dense.h"
#include "kernels/lanes_winograd.h"
#include "kernels/patches.h"
#include "kernels/planes.h"
#include "kernels/planes_winograd.h"
#include "kernels/sizes.h"

#include <string.h>

enum {
    PIXELS = 128, /* columns of one item of y or dx */
    FILTERS = 16, /* rows of one item of dw ...     */
    TAPS = 32     /* ... or columns                 */
};

static int64_t blocks_of(int64_t n, int64_t size)
{
    return (n + size - 1) / size;
}

/* ---- y -------------------------------------------------------------------------------------- */

/* The patches of group g's channels: pixels are those of y, taps those of w. */
static cg_patches patches_of(const cg_conv *v, const float *x, int64_t g)
{
    return (cg_patches){
        .data = x + g * (v->c / v->groups) * v->h * v->w,
        .image_stride = v->c * v->h * v->w,
        .plane_stride = v->h * v->w,
        .size = { v->h, v->w },
        .grid = { v->p, v->q },
        .taps = { v->r, v->s },
        .origin = { -v->before[0], -v->before[1] },
        .step = { v->stride[0], v->stride[1] },
        .tap_step = { v->dilation[0], v->dilation[1] },
    };
}

void cg_conv_prepare(const cg_conv *v, const float *w, float *u)
{
    const cg_winograd fast = cg_winograd_of(v, w);
    const int64_t blocks = v->lanes ? cg_winograd_tiles(v->r) : cg_planes_winograd_blocks(v);
    cg_lanes_winograd_weights(&fast, cg_lanes_panel(blocks), u);
}

void cg_conv_forward(const cg_conv *v, const float *x, const float *w, const float *u, float *y,
                     void *scratch, int64_t begin, int64_t end)
{
    if (v->lanes) {
        cg_lanes_forward(v, x, w, u, y, scratch, begin, end);
        return;
    }
    if (u) {
        cg_planes_winograd(v, x, u, y, scratch, begin, end);
        return;
    }
    if (cg_planes_wins(v)) {
        cg_planes_forward(v, x, w, y, scratch, begin, end);
        return;
    }
    const int64_t k = v->k / v->groups, depth = v->c / v->groups * v->r * v->s,
                  pixels = v->p * v->q;
    const int64_t from = begin * PIXELS, to = cg_least(end * PIXELS, v->n * pixels);
    for (int64_t g = 0; g < v->groups; g++) {
        cg_matrix filters = { .data = w + g * k * depth, .stride = depth, .k_stride = 1 };
        cg_patches patches = patches_of(v, x, g);
        cg_gemm_call call = {
            .m = k,
            .j0 = from,
            .n = to - from,
            .k = depth,
            .a = &filters,
            .pack_a = cg_pack_strided,
            .b = &patches,
            .pack_b = cg_pack_pixels,
            .c = y + g * k * pixels,
            .row_stride = pixels,
            .width = pixels,
            .block_stride = v->k * pixels,
        };
        cg_gemm(&call, scratch);
    }
}

/* ---- dx --------------------------------------------------------------------------------------
 * Row h of dx is reached from row p of dy through tap r when p stride + r dilation = h + before. So
 * rows that are equal modulo the stride, a phase, share their taps: every (stride / g)-th one, with
 * g = gcd(stride, dilation), or none at all, and from one such tap to the next p falls by
 * dilation / g.  Each phase is a dense convolution of dy with those taps; no zero is multiplied. */

typedef struct {
    int64_t first, count; /* rows of dx: first, first + stride, ...    */
    int64_t tap, n_taps;  /* taps: tap, tap + tap_stride, ...          */
    int64_t tap_stride;
    int64_t origin; /* the row of dy under `first` and `tap`     */
    int64_t fall;   /* of the row of dy from one tap to the next */
} phase;

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static phase phase_of(const cg_conv *v, int axis, int64_t first)
{
    const int64_t stride = v->stride[axis], dilation = v->dilation[axis];
    const int64_t size = axis ? v->w : v->h, taps = axis ? v->s : v->r,
                  at = first + v->before[axis];
    const int64_t g = common_divisor(stride, dilation);
    phase f = { .first = first,
                .count = blocks_of(size - first, stride),
                .tap_stride = stride / g,
                .fall = dilation / g };
    while (f.tap < taps && f.tap < f.tap_stride && (at - f.tap * dilation) % stride != 0) f.tap++;
    if (f.tap >= taps || f.tap >= f.tap_stride) return f;
    f.n_taps = blocks_of(taps - f.tap, f.tap_stride);
    f.origin = (at - f.tap * dilation) / stride;
    return f;
}

static int64_t phases(const cg_conv *v, int axis)
{
    return cg_least(v->stride[axis], axis ? v->w : v->h);
}

/* w of one group with the channels as rows, and k over filters and the taps of a phase. */
typedef struct {
    const float *data;
    int64_t stride, filter_stride, tap_stride[2], taps[2];
} turned_filters;

static void pack_turned(const void *matrix, int64_t i0, int64_t n, int64_t k0, int64_t nk,
                        int64_t width, float *to)
{
    const turned_filters *w = matrix;
    for (; n > 0; n -= width, i0 += width, to += width * nk) {
        int64_t live = cg_least(width, n);
        for (int64_t k = 0; k < nk; k++) {
            int64_t u = (k0 + k) % w->taps[1], rest = (k0 + k) / w->taps[1];
            const float *from = w->data + i0 * w->stride + rest / w->taps[0] * w->filter_stride +
                                rest % w->taps[0] * w->tap_stride[0] + u * w->tap_stride[1];
            for (int64_t r = 0; r < live; r++) to[k * width + r] = from[r * w->stride];
            for (int64_t r = live; r < width; r++) to[k * width + r] = 0;
        }
    }
}

/* Pixels [from, to) of a phase, image after image, of group g's channels: c[channel * row_stride +
 * image * block_stride + pixel]. */
static void phase_product(const cg_conv *v, const phase f[2], int64_t g, const float *dy,
                          const float *w, cg_gemm_call call, void *scratch)
{
    const int64_t c = v->c / v->groups, k = v->k / v->groups, taps = v->r * v->s;
    turned_filters filters = {
        .data = w + g * k * c * taps + f[0].tap * v->s + f[1].tap,
        .stride = taps,
        .filter_stride = c * taps,
        .tap_stride = { f[0].tap_stride * v->s, f[1].tap_stride },
        .taps = { f[0].n_taps, f[1].n_taps },
    };
    cg_patches patches = {
        .data = dy + g * k * v->p * v->q,
        .image_stride = v->k * v->p * v->q,
        .plane_stride = v->p * v->q,
        .size = { v->p, v->q },
        .grid = { f[0].count, f[1].count },
        .taps = { f[0].n_taps, f[1].n_taps },
        .origin = { f[0].origin, f[1].origin },
        .step = { 1, 1 },
        .tap_step = { -f[0].fall, -f[1].fall },
    };
    call.m = c;
    call.k = k * f[0].n_taps * f[1].n_taps;
    call.a = &filters;
    call.pack_a = pack_turned;
    call.b = &patches;
    call.pack_b = cg_pack_pixels;
    cg_gemm(&call, scratch);
}

/* Pixels [from, to) of a phase, channel by channel in rows of PIXELS, to their places in dx. */
static void scatter(const cg_conv *v, const phase f[2], int64_t g, int64_t from, int64_t to,
                    const float *pixels, float *dx)
{
    const int64_t c = v->c / v->groups;
    for (int64_t at = from; at < to; at++) {
        int64_t j = at % f[1].count, i = at / f[1].count % f[0].count,
                n = at / f[1].count / f[0].count;
        float *out = dx + ((n * v->c + g * c) * v->h + f[0].first + i * v->stride[0]) * v->w +
                     f[1].first + j * v->stride[1];
        for (int64_t channel = 0; channel < c; channel++)
            out[channel * v->h * v->w] = pixels[channel * PIXELS + at - from];
    }
}

/* Blocks [begin, end) of one phase's pixels.  With stride 1 the one phase is dx itself. */
static void run_phase(const cg_conv *v, const phase f[2], const float *dy, const float *w,
                      float *dx, void *scratch, int64_t begin, int64_t end)
{
    const int64_t c = v->c / v->groups, image = v->h * v->w, total = v->n * f[0].count * f[1].count;
    const bool is_whole = f[0].count * f[1].count == image && f[0].n_taps && f[1].n_taps;
    const int64_t step = is_whole ? end - begin : 1;
    float *aside = scratch;
    for (int64_t g = 0; g < v->groups; g++)
        for (int64_t block = begin; block < end; block += step) {
            int64_t from = block * PIXELS, to = cg_least(from + step * PIXELS, total);
            cg_gemm_call call = { .j0 = from, .n = to - from };
            if (is_whole) {
                call.c = dx + g * c * image;
                call.row_stride = call.width = image;
                call.block_stride = v->c * image;
                phase_product(v, f, g, dy, w, call, scratch);
                continue;
            }
            if (f[0].n_taps && f[1].n_taps) {
                call.c = aside;
                call.row_stride = call.width = PIXELS;
                call.block_stride = 0; /* columns from..to are one block of PIXELS */
                phase_product(v, f, g, dy, w, call, aside + c * PIXELS);
            } else {
                memset(aside, 0, (size_t)(c * PIXELS) * sizeof *aside);
            }
            scatter(v, f, g, from, to, aside, dx);
        }
}

void cg_conv_input_gradient(const cg_conv *v, const float *dy, const float *w, float *dx,
                            void *scratch, int64_t begin, int64_t end)
{
    int64_t first = 0; /* item of this phase */
    if (v->lanes) {
        cg_lanes_input_gradient(v, dy, w, dx, scratch, begin, end);
        return;
    }
    for (int64_t i = 0; i < phases(v, 0); i++)
        for (int64_t j = 0; j < phases(v, 1) && first < end; j++) {
            phase f[2] = { phase_of(v, 0, i), phase_of(v, 1, j) };
            int64_t blocks = blocks_of(v->n * f[0].count * f[1].count, PIXELS);
            int64_t from = begin > first ? begin - first : 0, to = cg_least(blocks, end - first);
            if (from < to) run_phase(v, f, dy, w, dx, scratch, from, to);
            first += blocks;
        }
}

/* ---- dw -------------------------------------------------------------------------------------- */

/* dy of one group with the filters as rows, and k over the pixels of all images. */
typedef struct {
    const float *data;
    int64_t pixels, image_stride;
} output_rows;

static void pack_output(const void *matrix, int64_t i0, int64_t n, int64_t k0, int64_t nk,
                        int64_t width, float *to)
{
    const output_rows *dy = matrix;
    for (int64_t i = 0; i < n; i += width, to += width * nk) {
        int64_t live = cg_least(width, n - i);
        if (live < width) memset(to, 0, (size_t)(width * nk) * sizeof *to);
        for (int64_t done = 0, run; done < nk; done += run) {
            int64_t image = (k0 + done) / dy->pixels, pixel = (k0 + done) % dy->pixels;
            const float *from = dy->data + image * dy->image_stride + (i0 + i) * dy->pixels + pixel;
            run = cg_least(nk - done, dy->pixels - pixel);
            for (int64_t r = 0; r < live; r++)
                for (int64_t k = 0; k < run; k++)
                    to[(done + k) * width + r] = from[r * dy->pixels + k];
        }
    }
}

/* dw of a group is cut into items along its longer side. */
typedef struct {
    int64_t k, depth;
    bool by_filters;
    int64_t blocks; /* items of one group */
} weight_layout;

static weight_layout weight_layout_of(const cg_conv *v)
{
    weight_layout l = { .k = v->k / v->groups, .depth = v->c / v->groups * v->r * v->s };
    l.by_filters = l.k > l.depth;
    l.blocks = l.by_filters ? blocks_of(l.k, FILTERS) : blocks_of(l.depth, TAPS);
    return l;
}

void cg_conv_weight_gradient(const cg_conv *v, const float *dy, const float *x, float *dw,
                             void *scratch, int64_t begin, int64_t end)
{
    if (v->lanes) {
        cg_lanes_weight_gradient(v, dy, x, dw, scratch, begin, end);
        return;
    }
    const weight_layout l = weight_layout_of(v);
    while (begin < end) {
        int64_t part = begin / (v->groups * l.blocks), g = begin / l.blocks % v->groups,
                first = begin % l.blocks, blocks = cg_least(end - begin, l.blocks - first);
        int64_t n0 = v->n * part / v->parts, n = v->n * (part + 1) / v->parts - n0;
        output_rows rows = { .data = dy + (n0 * v->groups + g) * l.k * v->p * v->q,
                             .pixels = v->p * v->q,
                             .image_stride = v->k * v->p * v->q };
        cg_patches patches = patches_of(v, x + n0 * v->c * v->h * v->w, g);
        cg_gemm_call call = {
            .m = l.k,
            .n = l.depth,
            .k = n * v->p * v->q,
            .a = &rows,
            .pack_a = pack_output,
            .b = &patches,
            .pack_b = cg_pack_taps,
            .c = dw + (part * v->groups + g) * l.k * l.depth,
            .row_stride = l.depth,
        };
        if (l.by_filters) {
            call.i0 = first * FILTERS;
            call.m = cg_least(blocks * FILTERS, l.k - call.i0);
        } else {
            call.j0 = first * TAPS;
            call.n = cg_least(blocks * TAPS, l.depth - call.j0);
        }
        cg_gemm(&call, scratch);
        begin += blocks;
    }
}

/* ---- what a call costs ----------------------------------------------------------------------- */

#if CG_DESCRIBE

int64_t cg_conv_prepared(const cg_conv *v)
{
    bool has_use = v->lanes ? cg_winograd_wins(v) : cg_planes_winograd_wins(v);
    return has_use ? cg_winograd_weights(v->r, v->c, v->k) : 0;
}

bool cg_conv_has_planes(const cg_conv *v)
{
    return v->lanes || cg_planes_wins(v);
}

int64_t cg_conv_forward_items(const cg_conv *v)
{
    return cg_conv_has_planes(v) ? v->n * v->k : blocks_of(v->n * v->p * v->q, PIXELS);
}

int64_t cg_conv_input_gradient_items(const cg_conv *v)
{
    int64_t items = 0;
    if (v->lanes) return v->n * v->c;
    for (int64_t i = 0; i < phases(v, 0); i++)
        for (int64_t j = 0; j < phases(v, 1); j++)
            items += blocks_of(v->n * phase_of(v, 0, i).count * phase_of(v, 1, j).count, PIXELS);
    return items;
}

int64_t cg_conv_weight_gradient_items(const cg_conv *v)
{
    if (v->lanes) return cg_lanes_weight_items(v);
    return v->parts * v->groups * weight_layout_of(v).blocks;
}

size_t cg_conv_forward_scratch(const cg_conv *v)
{
    if (v->lanes) return cg_lanes_scratch(v);
    if (cg_planes_winograd_wins(v)) {
        size_t fast = cg_planes_winograd_scratch(v), plain = cg_planes_scratch(v);
        return fast > plain ? fast : plain;
    }
    if (cg_planes_wins(v)) return cg_planes_scratch(v);
    return cg_gemm_scratch_bytes(v->k / v->groups, v->n * v->p * v->q,
                                 v->c / v->groups * v->r * v->s);
}

size_t cg_conv_input_gradient_scratch(const cg_conv *v)
{
    int64_t c = v->c / v->groups;
    if (v->lanes) return cg_lanes_scratch(v);
    return (size_t)(c * PIXELS) * sizeof(float) +
           cg_gemm_scratch_bytes(c, v->n * v->h * v->w, v->k / v->groups * v->r * v->s);
}

size_t cg_conv_weight_gradient_scratch(const cg_conv *v)
{
    if (v->lanes) return cg_lanes_weight_scratch(v);
    weight_layout l = weight_layout_of(v);
    return cg_gemm_scratch_bytes(l.k, l.depth, v->n * v->p * v->q);
}

int64_t cg_conv_flops(const cg_conv *v)
{
    int64_t images = v->lanes ? v->n * CG_LANES_IMAGES : v->n;
    return cg_bounded_product(
        8, (int64_t[]){ 2, images, v->k, v->p, v->q, v->c / v->groups, v->r, v->s });
}

#endif
