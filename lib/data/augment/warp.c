/* Moving the pixels of an image after a map. */
#include "data/augment/augment.h"

#include <string.h>

/* A border of two pixels before and behind: coordinates within it have four neighbours, and all
 * that matter are at least 1.  So adding BEFORE rounds: what is whole but for the error of a sine
 * becomes whole. */
enum { BEFORE = 2, BORDER = 4, CHUNK = 64 };

void cg_warp_reset(cg_warp *warp)
{
    static const double identity[2][3] = { { 1, 0, 0 }, { 0, 1, 0 } };
    memcpy(warp->m, identity, sizeof identity);
    warp->is_shifted = false;
}

void cg_warp_follow(cg_warp *warp, double l[2][2], double tx, double ty)
{
    double cx = (double)(warp->width - 1) / 2, cy = (double)(warp->height - 1) / 2;
    double offset[2] = { cx - l[0][0] * cx - l[0][1] * cy - tx,
                         cy - l[1][0] * cx - l[1][1] * cy - ty };
    for (int i = 0; i < 2; i++) {
        double a = warp->m[i][0], b = warp->m[i][1];
        warp->m[i][0] = a * l[0][0] + b * l[1][0];
        warp->m[i][1] = a * l[0][1] + b * l[1][1];
        warp->m[i][2] += a * offset[0] + b * offset[1];
    }
}

/* ---- the image with its border ----------------------------------------------------------------
 */
int64_t cg_padded_size(const cg_canvas *canvas)
{
    return canvas->channels * (canvas->height + BORDER) * (canvas->width + BORDER);
}

void cg_warp_border(const cg_canvas *canvas, float *padded)
{
    int64_t plane = (canvas->height + BORDER) * (canvas->width + BORDER);
    for (int64_t c = 0; c < canvas->channels; c++)
        for (int64_t i = 0; i < plane; i++)
            padded[c * plane + i] = cg_canvas_fed(canvas, c, canvas->fill);
}

static void pad(const cg_canvas *canvas, const float *x, float *padded)
{
    int64_t w = canvas->width, stride = w + BORDER;
    for (int64_t c = 0; c < canvas->channels; c++) {
        float *row = padded + (c * (canvas->height + BORDER) + BEFORE) * stride + BEFORE;
        for (int64_t y = 0; y < canvas->height; y++, row += stride, x += w)
            memcpy(row, x, (size_t)w * sizeof *x);
    }
}

/* ---- resampling -------------------------------------------------------------------------------
 */
/* Some pixels of a row: the padded pixel up and left of each, and how far to go from there. */
typedef struct {
    int32_t at[CHUNK];
    float right[CHUNK], down[CHUNK];
} places;

/* Beyond the border all is fill, as on it. */
static inline float cut(float u, float most)
{
    u = u > 0 ? u : 0;
    return u < most ? u : most;
}

static void locate(places *p, const cg_warp *warp, int64_t y, int64_t x0, int n)
{
    const double(*m)[3] = warp->m;
    float base[2], slope[2] = { (float)m[0][0], (float)m[1][0] };
    float most_u = (float)(warp->width + BEFORE), most_v = (float)(warp->height + BEFORE);
    int32_t stride = (int32_t)(warp->width + BORDER);
    const float *shift_u = warp->shift[0] + y * warp->width + x0;
    const float *shift_v = warp->shift[1] + y * warp->width + x0;
    for (int i = 0; i < 2; i++)
        base[i] = (float)(m[i][0] * (double)x0 + m[i][1] * (double)y + m[i][2] + BEFORE);
    for (int i = 0; i < n; i++) {
        float u = base[0] + slope[0] * (float)i, v = base[1] + slope[1] * (float)i;
        p->right[i] = warp->is_shifted ? u + shift_u[i] : u;
        p->down[i] = warp->is_shifted ? v + shift_v[i] : v;
    }
    for (int i = 0; i < n; i++) {
        float u = cut(p->right[i], most_u), v = cut(p->down[i], most_v);
        int32_t left = (int32_t)u, top = (int32_t)v;
        p->at[i] = top * stride + left;
        p->right[i] = u - (float)left;
        p->down[i] = v - (float)top;
    }
}

static void interpolate(const places *p, const float *plane, int64_t stride, int n, float *x)
{
    for (int i = 0; i < n; i++) {
        const float *top = plane + p->at[i], *bottom = top + stride;
        float a = top[0] + p->right[i] * (top[1] - top[0]);
        float b = bottom[0] + p->right[i] * (bottom[1] - bottom[0]);
        x[i] = a + p->down[i] * (b - a);
    }
}

void cg_warp_image(const cg_warp *warp, const cg_canvas *canvas, float *padded, float *x)
{
    int64_t height = canvas->height, width = canvas->width, stride = width + BORDER;
    places p;
    pad(canvas, x, padded);
    for (int64_t y = 0; y < height; y++)
        for (int64_t x0 = 0; x0 < width; x0 += CHUNK) {
            int n = width - x0 < CHUNK ? (int)(width - x0) : CHUNK;
            locate(&p, warp, y, x0, n);
            for (int64_t c = 0; c < canvas->channels; c++)
                interpolate(&p, padded + c * (height + BORDER) * stride, stride, n,
                            x + (c * height + y) * width + x0);
        }
}
