/* Pooling over windows, and over whole images.  x: N C H W. */
#include "nn/nn.h"

#include <cnngraph/ops.h>

typedef struct {
    int64_t kernel[2], stride[2], ceil, count_padding;
    cg_padding padding;
} keys;

static const cg_attr max_table[] = {
    CG_INTS(keys, kernel, 2, 0, 1, 1024, "height and width of the window"),
    CG_INTS(keys, stride, 2, 0, 0, 1024, "steps of the window; 0: as the kernel"),
    CG_BOOL(keys, ceil, "a window may reach beyond the image"),
    { .name = NULL },
};
static const cg_attr avg_table[] = {
    CG_INTS(keys, kernel, 2, 0, 1, 1024, "height and width of the window"),
    CG_INTS(keys, stride, 2, 0, 0, 1024, "steps of the window; 0: as the kernel"),
    CG_BOOL(keys, ceil, "a window may reach beyond the image"),
    CG_BOOL(keys, count_padding, "padding counts in the mean"),
    { .name = NULL },
};
static const cg_layer_key more[] = {
    { "padding", CG_KEY_PADDING, offsetof(keys, padding),
      "same, valid, or top, left, bottom, right" },
    { .name = NULL },
};

typedef cg_node *pool_op(cg_node *x, const cg_pool2d_attrs *attrs);

static cg_node *pool(cg_builder *b, const keys *a, cg_node *x, pool_op *op)
{
    static const int64_t no_dilation[2] = { 1, 1 };
    if (!cg_layer_expects_rank(b, x, 4, "C x H x W")) return NULL;
    cg_pool2d_attrs pool = { .ceil = a->ceil, .count_padding = a->count_padding };
    for (int i = 0; i < 2; i++) {
        pool.kernel[i] = a->kernel[i];
        pool.stride[i] = a->stride[i] ? a->stride[i] : a->kernel[i];
    }
    const cg_shape *s = cg_node_shape(x);
    cg_padding_sides(&a->padding, s, pool.kernel, pool.stride, no_dilation, pool.padding);
    if (!cg_layer_window_fits(b, s, pool.kernel, no_dilation, pool.padding)) return NULL;
    return op(x, &pool); /* cppcheck-suppress returnDanglingLifetime ; attributes are copied */
}

static cg_node *maxpool2d(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    return pool(b, attrs, x[0], cg_max_pool2d);
}

static cg_node *avgpool2d(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    return pool(b, attrs, x[0], cg_avg_pool2d);
}

/* The global ones give N C, ready for `dense`. */
static cg_node *flat(cg_builder *b, cg_node *x, cg_node *(*op)(cg_node *))
{
    if (!cg_layer_expects_rank(b, x, 4, "C x H x W")) return NULL;
    return cg_flatten(op(x));
}

static cg_node *global_avgpool(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)attrs, (void)n;
    return flat(b, x[0], cg_global_avg_pool2d);
}

static cg_node *global_maxpool(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)attrs, (void)n;
    return flat(b, x[0], cg_global_max_pool2d);
}

const cg_layer cg_layer_maxpool2d = {
    .name = "maxpool2d",
    .help = "The largest value of each window.",
    .n_inputs = 1,
    .attrs = max_table,
    .keys = more,
    .attrs_size = sizeof(keys),
    .record = maxpool2d,
};
const cg_layer cg_layer_avgpool2d = {
    .name = "avgpool2d",
    .help = "The mean of each window.",
    .n_inputs = 1,
    .attrs = avg_table,
    .keys = more,
    .attrs_size = sizeof(keys),
    .record = avgpool2d,
};
const cg_layer cg_layer_global_avgpool = {
    .name = "global_avgpool",
    .help = "The mean of each channel, as one axis of features.",
    .n_inputs = 1,
    .record = global_avgpool,
};
const cg_layer cg_layer_global_maxpool = {
    .name = "global_maxpool",
    .help = "The largest value of each channel, as one axis of features.",
    .n_inputs = 1,
    .record = global_maxpool,
};
