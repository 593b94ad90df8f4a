/* Convolutions of each channel by itself, alone or with a 1x1 convolution that mixes them (F.
 * Chollet, CVPR 2017; A. Howard et al., 2017). */
#include "nn/layers/conv.h"

/* Each channel is a group, which makes `multiplier` channels of it. */
static cg_node *each_channel(cg_builder *b, const cg_conv_keys *a, const char *weight, cg_node *x)
{
    if (!cg_layer_expects_rank(b, x, 4, "C x H x W")) return NULL;
    cg_conv_keys each = *a;
    each.groups = cg_node_shape(x)->dim[1];
    each.filters = each.groups * a->multiplier;
    return cg_conv_record(b, &each, weight, x);
}

/* ---- depthwise_conv2d -------------------------------------------------------------------------*/

static const cg_attr depthwise_attrs[] = {
    CG_INT(cg_conv_keys, multiplier, 1, 1, 1024, "channels that are made of each"),
    CG_CONV_ATTRS,
    { .name = NULL },
};
static const cg_layer_key more[] = { CG_CONV_KEYS, { .name = NULL } };

static cg_node *depthwise(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    const cg_conv_keys *a = attrs;
    cg_node *y = cg_conv_bias(b, each_channel(b, a, "weight", x[0]), a->bias, &a->bias_init);
    return cg_layer_activation(&a->activation, y);
}

const cg_layer cg_layer_depthwise_conv2d = {
    .name = "depthwise_conv2d",
    .help = "Convolution of each channel by itself: conv2d with a group for each.",
    .n_inputs = 1,
    .attrs = depthwise_attrs,
    .keys = more,
    .attrs_size = sizeof(cg_conv_keys),
    .record = depthwise,
};

/* ---- separable_conv2d -------------------------------------------------------------------------*/

static const cg_attr separable_attrs[] = {
    CG_INT(cg_conv_keys, filters, 0, 1, 65536, "channels of the output"),
    CG_INT(cg_conv_keys, multiplier, 1, 1, 1024, "channels that are made of each, between the two"),
    CG_CONV_ATTRS,
    { .name = NULL },
};

/* Without bias or activation between the two. */
static cg_node *separable(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    const cg_conv_keys *a = attrs;
    cg_node *each = each_channel(b, a, "depthwise", x[0]);
    if (!each) return NULL;
    cg_conv_keys mix = { .filters = a->filters,
                         .kernel = { 1, 1 },
                         .stride = { 1, 1 },
                         .dilation = { 1, 1 },
                         .groups = 1,
                         .init = a->init };
    cg_node *y = cg_conv_record(b, &mix, "pointwise", each);
    return cg_layer_activation(&a->activation, cg_conv_bias(b, y, a->bias, &a->bias_init));
}

const cg_layer cg_layer_separable_conv2d = {
    .name = "separable_conv2d",
    .help = "A depthwise convolution, then a 1x1 convolution to `filters` channels.",
    .n_inputs = 1,
    .attrs = separable_attrs,
    .keys = more,
    .attrs_size = sizeof(cg_conv_keys),
    .record = separable,
};
