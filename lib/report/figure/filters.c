/* The first layer's filters, as it has learnt them. */
#include "report/drawing.h"
#include "report/picture.h"
#include "report/report.h"

#include "base/memory.h"
#include "formats/safetensors.h"
#include "model/model.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { MOST_FILTERS = 64, LARGEST_SIDE = 64 };
enum { TILE = 48, GAP = 8, COLUMNS = 8 }; /* units of the drawing */

/* The first convolution's weight, K C R S, or none. */
static bool find_weight(const cg_model *model, const cg_safetensors *file, cg_named_tensor *weight)
{
    char name[256];
    for (int i = 0; i < model->n_layers; i++) {
        const cg_layer_spec *layer = &model->layer[i];
        if (layer->parameters == 0) continue;
        snprintf(name, sizeof name, "%s.weight", layer->name);
        int at = cg_safetensors_find(file, name);
        if (at < 0 || strcmp(layer->type, "conv2d") != 0) return false;
        *weight = cg_safetensors_tensor(file, at);
        return weight->dtype == CG_F32 && weight->shape.rank == 4 &&
               weight->shape.dim[2] <= LARGEST_SIDE && weight->shape.dim[3] <= LARGEST_SIDE;
    }
    return false;
}

/* The data of a file lie at any alignment. */
static float weight_at(const cg_named_tensor *weight, int64_t i)
{
    float value;
    memcpy(&value, (const char *)weight->data + (size_t)i * sizeof value, sizeof value);
    return value;
}

static float largest(const cg_named_tensor *weight, int64_t begin, int64_t end)
{
    float most = 0;
    for (int64_t i = begin; i < end; i++) most = fmaxf(most, fabsf(weight_at(weight, i)));
    return most > 0 ? most : 1;
}

/* -1: blue, 0: nearly white, 1: orange; straight lines between them. */
static void to_colour(float value, uint8_t rgb[3])
{
    static const float ends[2][3] = { { 38, 92, 160 }, { 200, 82, 20 } }, middle = 246;
    const float *end = ends[value > 0];
    for (int c = 0; c < 3; c++) rgb[c] = cg_pixel(middle + fabsf(value) * (end[c] - middle));
}

/* Filter k as pixels: RGB where it looks at three channels, else the mean of its channels in two
 * colours; either way 0 is in the middle and the filter's largest value at an end. */
static void to_pixels(const cg_named_tensor *weight, int64_t k, uint8_t *pixels)
{
    const int64_t *dim = weight->shape.dim, n = dim[2] * dim[3], first = k * dim[1] * n;
    float scale = 1 / largest(weight, first, first + dim[1] * n);
    for (int64_t i = 0; i < n; i++) {
        float sum = 0;
        for (int64_t c = 0; c < dim[1]; c++) {
            float value = scale * weight_at(weight, first + c * n + i);
            sum += value;
            if (dim[1] == 3) pixels[3 * i + c] = cg_pixel(127.5f + 127.5f * value);
        }
        if (dim[1] != 3) to_colour(sum / (float)dim[1], pixels + 3 * i);
    }
}

/* As many pixels as a tile has in a drawing of its own, or nearly. */
static int block_side(const cg_named_tensor *weight)
{
    int64_t height = weight->shape.dim[2], width = weight->shape.dim[3];
    return (int)(2 * TILE / (height > width ? height : width));
}

/* Every pixel as a block of side x side: what draws SVG may smooth a picture that it enlarges. */
static void enlarge(const uint8_t *pixels, int height, int width, int side, uint8_t *large)
{
    for (int i = 0; i < height * side; i++)
        for (int j = 0; j < width * side; j++, large += 3)
            memcpy(large, pixels + 3 * (i / side * width + j / side), 3);
}

static void put_filter(cg_page *page, const cg_named_tensor *weight, int k, uint8_t *pixels,
                       uint8_t *large)
{
    int height = (int)weight->shape.dim[2], width = (int)weight->shape.dim[3];
    int side = block_side(weight);
    to_pixels(weight, k, pixels);
    enlarge(pixels, height, width, side, large);
    cg_put(page, "<image x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" href=\"",
           GAP + k % COLUMNS * (TILE + GAP), GAP + k / COLUMNS * (TILE + GAP), TILE, TILE);
    cg_put_picture(page, height * side, width * side, 3, large);
    cg_put(page, "\"><title>filter %d</title></image>\n", k);
}

static void put_filters(cg_page *page, const cg_named_tensor *weight)
{
    const int64_t *dim = weight->shape.dim;
    int shown = dim[0] < MOST_FILTERS ? (int)dim[0] : MOST_FILTERS;
    int columns = shown < COLUMNS ? shown : COLUMNS, rows = (shown + COLUMNS - 1) / COLUMNS;
    int width = GAP + columns * (TILE + GAP), height = GAP + rows * (TILE + GAP);
    const cg_drawing drawing = { .name = "filters",
                                 .class = "filters",
                                 .label = "First filters",
                                 .width = width,
                                 .height = height,
                                 .max_width = width };
    size_t n_pixels = (size_t)(dim[2] * dim[3]), blocks = (size_t)block_side(weight);
    uint8_t *pixels = cg_alloc(n_pixels, 3 * (1 + blocks * blocks));
    if (!pixels) {
        page->status = cg_fail_nomem(page->error, "pictures");
        return;
    }
    cg_put(page, "<p class=\"note\">");
    cg_put_text(page, weight->name);
    cg_put(page, ", %" PRId64 " filters of %" PRId64 "×%" PRId64 "×%" PRId64, dim[0], dim[1],
           dim[2], dim[3]);
    if (shown < dim[0]) cg_put(page, ", the first %d", shown);
    cg_put(page, "%s.</p>\n",
           dim[1] == 3   ? "; channels as red, green and blue, 0 as grey"
           : dim[1] == 1 ? "; orange: positive, blue: negative"
                         : ", mean over channels; orange: positive, blue: negative");
    cg_drawing_begin(page, &drawing);
    for (int k = 0; k < shown; k++) put_filter(page, weight, k, pixels, pixels + 3 * n_pixels);
    cg_drawing_end(page, &drawing);
    cg_release(pixels);
}

static void draw(cg_page *page, const cg_report *r)
{
    cg_safetensors *file;
    cg_named_tensor weight;
    if (page->status != CG_OK) return;
    page->status = cg_safetensors_read_within(cg_model_spec(r->model)->data.budget, &file,
                                              r->weights, page->error);
    if (page->status != CG_OK) return;
    if (!find_weight(r->model, file, &weight))
        cg_put(page, "<p class=\"none\">The first layer with weights is no convolution of a size "
                     "to be shown.</p>\n");
    else if (!cg_can_draw_pictures())
        cg_put(page, "<p class=\"none\">PNG images are left out of this build (--with-png).</p>\n");
    else
        put_filters(page, &weight);
    cg_safetensors_free(file);
}

const cg_figure cg_figure_filters = { .id = "filters", .title = "First filters", .draw = draw };
