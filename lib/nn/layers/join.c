/* Layers of several inputs, and the sum around a residual body. */
#include "nn/nn.h"

#include <cnngraph/ops.h>

extern const cg_init cg_init_fan_in_uniform;

/* ---- element by element -----------------------------------------------------------------------*/

static cg_node *fold(cg_builder *b, int n, cg_node *const x[], cg_node *(*op)(cg_node *, cg_node *))
{
    char first[CG_SHAPE_TEXT], other[CG_SHAPE_TEXT];
    cg_node *y = x[0];
    for (int i = 1; i < n; i++) {
        if (!cg_shape_equal(cg_node_shape(x[0]), cg_node_shape(x[i])))
            return cg_layer_fail(b, "from",
                                 "`dense`, or `conv2d` with `kernel: 1`, makes their shapes alike",
                                 "inputs differ: %s and %s", cg_sample_text(x[0], first),
                                 cg_sample_text(x[i], other));
        y = op(y, x[i]);
    }
    return y;
}

static cg_node *add(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)attrs;
    return fold(b, n, x, cg_add);
}

/* Do the axes of each sample agree, or have size 1, to be repeated? */
static bool fits(const cg_shape *a, const cg_shape *b)
{
    bool all = a->rank == b->rank;
    for (int i = 1; i < a->rank && all; i++)
        all = a->dim[i] == b->dim[i] || a->dim[i] == 1 || b->dim[i] == 1;
    return all;
}

/* A gate has one value a channel (C x 1 x 1) or a pixel (1 x H x W). */
static cg_node *mul(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)attrs;
    char first[CG_SHAPE_TEXT], other[CG_SHAPE_TEXT];
    cg_node *y = x[0];
    for (int i = 1; i < n && y; i++) {
        if (!fits(cg_node_shape(y), cg_node_shape(x[i])))
            return cg_layer_fail(b, "from",
                                 "axes of size 1 are repeated: `reshape` to [C, 1, 1] makes one "
                                 "value a channel",
                                 "inputs differ: %s and %s", cg_sample_text(y, first),
                                 cg_sample_text(x[i], other));
        y = cg_mul(y, x[i]);
    }
    return y;
}

static cg_node *maximum(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)attrs;
    return fold(b, n, x, cg_maximum);
}

const cg_layer cg_layer_add = {
    .name = "add",
    .help = "The sum of its inputs.",
    .n_inputs = -1,
    .record = add,
};
const cg_layer cg_layer_mul = {
    .name = "mul",
    .help = "The product of its inputs; an axis of size 1 is repeated.",
    .n_inputs = -1,
    .record = mul,
};
const cg_layer cg_layer_maximum = {
    .name = "maximum",
    .help = "The largest of its inputs, element by element.",
    .n_inputs = -1,
    .record = maximum,
};

/* ---- concat -----------------------------------------------------------------------------------*/
typedef struct {
    int64_t axis;
} concat_keys;
static const cg_attr concat_table[] = {
    CG_INT(concat_keys, axis, 0, 0, CG_MAX_RANK - 2, "of a sample: 0 is the channels"),
    { .name = NULL },
};

static cg_node *concat(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    int axis = 1 + (int)((const concat_keys *)attrs)->axis; /* 0 is the batch */
    const cg_shape *first = cg_node_shape(x[0]);
    char one[CG_SHAPE_TEXT], two[CG_SHAPE_TEXT];
    if (axis >= first->rank)
        return cg_layer_fail(b, "axis", NULL, "its inputs have %d axes", first->rank - 1);
    for (int i = 1; i < n; i++) {
        cg_shape s = *cg_node_shape(x[i]);
        if (axis < s.rank) s.dim[axis] = first->dim[axis];
        if (!cg_shape_equal(first, &s))
            return cg_layer_fail(b, "from",
                                 "`padding: same` keeps height and width, a stride does not",
                                 "inputs differ beside axis %d: %s and %s", axis - 1,
                                 cg_sample_text(x[0], one), cg_sample_text(x[i], two));
    }
    return cg_concat(n, x, axis);
}

const cg_layer cg_layer_concat = {
    .name = "concat",
    .help = "Its inputs one behind the other, along the channels unless `axis` says otherwise.",
    .n_inputs = -1,
    .attrs = concat_table,
    .attrs_size = sizeof(concat_keys),
    .record = concat,
};

/* ---- residual: K. He et al., CVPR 2016 --------------------------------------------------------
 * The inputs are what goes into the body and what comes out of it. */
enum { SKIP_AUTO, SKIP_IDENTITY, SKIP_CONV, SKIP_PAD };
typedef struct {
    int64_t skip;
} residual_keys;
static const cg_attr residual_table[] = {
    CG_CHOICE(residual_keys, skip, "auto identity conv pad",
              "the way around: identity, a 1x1 convolution, or what the shapes need; pad: every "
              "n-th pixel, and channels of zeros on both sides"),
    { .name = NULL },
};

/* A 1x1 convolution without bias, its stride the ratio of the sizes: option B of the paper. */
static cg_node *project(cg_builder *b, cg_node *x, const cg_shape *to)
{
    const cg_shape *from = cg_node_shape(x);
    if (from->rank != 4 || to->rank != 4)
        return cg_layer_fail(b, "skip", NULL, "a 1x1 convolution needs C x H x W on both sides");
    cg_conv2d_attrs conv = { .groups = 1, .dilation = { 1, 1 } };
    for (int i = 0; i < 2; i++)
        conv.stride[i] = (from->dim[2 + i] + to->dim[2 + i] - 1) / to->dim[2 + i];
    int64_t c = from->dim[1], k = to->dim[1];
    cg_node *w = cg_layer_parameter(b, "projection", CG_SHAPE(k, c, 1, 1), NULL,
                                    &cg_init_fan_in_uniform, c, k);
    return cg_conv2d(x, w, &conv);
}

/* Every n-th pixel, n the ratio of the sizes, between channels of zeros: option A of the paper,
 * without parameters. */
static cg_node *subsample(cg_builder *b, cg_node *x, const cg_shape *to)
{
    const cg_shape *from = cg_node_shape(x);
    if (from->rank != 4 || to->rank != 4 || to->dim[1] < from->dim[1])
        return cg_layer_fail(b, "skip", NULL,
                             "padding needs C x H x W on both sides, and no fewer channels behind");
    int64_t begin[4] = { 0 }, step[4] = { 1, 1, 1, 1 }, before[4] = { 0 }, after[4] = { 0 };
    cg_shape size = *from;
    for (int i = 2; i < 4; i++) {
        step[i] = (from->dim[i] + to->dim[i] - 1) / to->dim[i];
        size.dim[i] = (from->dim[i] + step[i] - 1) / step[i];
    }
    before[1] = (to->dim[1] - from->dim[1]) / 2;
    after[1] = to->dim[1] - from->dim[1] - before[1];
    return cg_pad(cg_slice(x, begin, size, step), before, after, CG_PAD_ZERO);
}

static cg_node *residual(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    int64_t skip = ((const residual_keys *)attrs)->skip;
    const cg_shape *in = cg_node_shape(x[0]), *out = cg_node_shape(x[1]);
    bool is_same = cg_shape_equal(in, out);
    cg_node *around = x[0];
    if (skip == SKIP_CONV || (skip == SKIP_AUTO && !is_same)) around = project(b, x[0], out);
    if (skip == SKIP_PAD && !is_same) around = subsample(b, x[0], out);
    if (!around) return NULL;
    char one[CG_SHAPE_TEXT], two[CG_SHAPE_TEXT];
    if (!cg_shape_equal(cg_node_shape(around), out))
        return cg_layer_fail(b, "skip", "skip: auto, or a body that keeps the shape",
                             "the body makes %s of %s, which cannot be added",
                             cg_sample_text(x[1], two), cg_sample_text(x[0], one));
    return cg_add(around, x[1]);
}

const cg_layer cg_layer_residual = {
    .name = "residual",
    .help = "The output of `body` (a list of layers) plus its input.",
    .n_inputs = 2,
    .attrs = residual_table,
    .attrs_size = sizeof(residual_keys),
    .record = residual,
};
