/* Larger images: interpolated, or made of channels.  x: N C H W. */
#include "nn/nn.h"

#include <cnngraph/ops.h>

#include <math.h>

/* ---- upsample2d -------------------------------------------------------------------------------
 * Pixel i of H lies at s i + (s - 1) / 2 of H s.  Each pixel adds itself, times a kernel, around
 * its place: a transposed convolution of each channel by itself, whose kernel is constant. */
enum { NEAREST, BILINEAR, MOST = 64 };
typedef struct {
    int64_t scale[2], mode;
} upsample_keys;
static const cg_attr upsample_table[] = {
    CG_INTS(upsample_keys, scale, 2, 0, 1, MOST, "times down and across"),
    CG_CHOICE(upsample_keys, mode, "nearest bilinear", "what the new pixels are"),
    { .name = NULL },
};

/* The nearest pixel's value, s times. */
static cg_node *nearest(cg_node *x, const int64_t scale[2])
{
    cg_shape shape = CG_SHAPE(cg_node_shape(x)->dim[1], 1, scale[0], scale[1]);
    cg_conv_transpose2d_attrs conv = { .stride = { scale[0], scale[1] }, .groups = shape.dim[0] };
    return cg_conv_transpose2d(x, cg_constant(cg_node_graph(x), shape, 1), &conv);
}

/* Between two pixels a line from one to the other: 1 - |distance| / s, where that is not 0.  The
 * first tap is s/2 before the pixel's first copy. */
static int64_t line_taps(int64_t s, double taps[2 * MOST])
{
    int64_t n = 2 * s - s % 2, before = s / 2;
    for (int64_t i = 0; i < n; i++)
        taps[i] = 1 - fabs((double)(2 * (i - before) + 1 - s)) / (double)(2 * s);
    return n;
}

/* As PyTorch with align_corners false: beyond the border the image goes on as it ends.  One pixel
 * of that suffices; what it adds beyond the image is cut off. */
static cg_node *bilinear(cg_builder *b, cg_node *x, const int64_t scale[2])
{
    static const int64_t one[CG_MAX_RANK] = { 0, 0, 1, 1 };
    double taps[2][2 * MOST] = { { 0 } };
    int64_t n[2], c = cg_node_shape(x)->dim[1];
    cg_conv_transpose2d_attrs conv = { .stride = { scale[0], scale[1] }, .groups = c };
    for (int i = 0; i < 2; i++) {
        n[i] = line_taps(scale[i], taps[i]);
        conv.padding[i] = conv.padding[2 + i] = scale[i] + scale[i] / 2;
    }
    double *kernel = cg_arena_alloc(b->arena, (size_t)(n[0] * n[1]), sizeof *kernel);
    if (!kernel) {
        cg_graph_fail(b->graph, CG_ENOMEM, "out of memory recording %s", b->name);
        return NULL;
    }
    for (int64_t i = 0; i < n[0] * n[1]; i++) kernel[i] = taps[0][i / n[1]] * taps[1][i % n[1]];
    cg_node *each = cg_constant_data(b->graph, CG_SHAPE(1, 1, n[0], n[1]), kernel);
    return cg_conv_transpose2d(cg_pad(x, one, one, CG_PAD_REPLICATE),
                               cg_broadcast(each, CG_SHAPE(c, 1, n[0], n[1])), &conv);
}

static cg_node *upsample2d(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    const upsample_keys *a = attrs;
    if (!cg_layer_expects_rank(b, x[0], 4, "C x H x W")) return NULL;
    return a->mode == BILINEAR ? bilinear(b, x[0], a->scale) : nearest(x[0], a->scale);
}

const cg_layer cg_layer_upsample2d = {
    .name = "upsample2d",
    .help = "The image `scale` times as large.",
    .n_inputs = 1,
    .attrs = upsample_table,
    .attrs_size = sizeof(upsample_keys),
    .record = upsample2d,
};

/* ---- pixel_shuffle: W. Shi et al., CVPR 2016 --------------------------------------------------*/
typedef struct {
    int64_t factor;
} shuffle_keys;
static const cg_attr shuffle_table[] = {
    CG_INT(shuffle_keys, factor, 0, 1, 1024, "times down and across"),
    { .name = NULL },
};

/* y[n, c, h r + i, w r + j] = x[n, (c r + i) r + j, h, w] */
static cg_node *pixel_shuffle(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    static const int64_t order[CG_MAX_RANK] = { 0, 1, 4, 2, 5, 3 };
    int64_t r = ((const shuffle_keys *)attrs)->factor;
    if (!cg_layer_expects_rank(b, x[0], 4, "C x H x W")) return NULL;
    const cg_shape *s = cg_node_shape(x[0]);
    int64_t batch = s->dim[0], c = s->dim[1] / (r * r), height = s->dim[2], width = s->dim[3];
    if (s->dim[1] % (r * r))
        return cg_layer_fail(b, "factor", NULL,
                             "factor %lld wants a multiple of %lld channels, "
                             "found %lld",
                             (long long)r, (long long)(r * r), (long long)s->dim[1]);
    cg_node *y = cg_reshape(x[0], CG_SHAPE(batch, c, r, r, height, width));
    return cg_reshape(cg_transpose(y, order), CG_SHAPE(batch, c, height * r, width * r));
}

const cg_layer cg_layer_pixel_shuffle = {
    .name = "pixel_shuffle",
    .help = "An image `factor` times as large, each square of whose pixels is made of channels.",
    .n_inputs = 1,
    .attrs = shuffle_table,
    .attrs_size = sizeof(shuffle_keys),
    .record = pixel_shuffle,
};
