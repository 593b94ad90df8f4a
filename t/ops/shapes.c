/* Shapes that do not fit: each op refuses them when it is recorded, and says which they are. */
#include <cnngraph/ops.h>

#include "../tap.h"

#include <string.h>

/* What is left out takes the op's default. */
#define AXES(...)           \
    &(cg_reduce_attrs)      \
    {                       \
        .axes = __VA_ARGS__ \
    }
#define CONV(...)      \
    &(cg_conv2d_attrs) \
    {                  \
        __VA_ARGS__    \
    }
#define CONV_T(...)              \
    &(cg_conv_transpose2d_attrs) \
    {                            \
        __VA_ARGS__              \
    }
#define SLICE(...)    \
    &(cg_slice_attrs) \
    {                 \
        __VA_ARGS__   \
    }
#define UNSLICE(...)    \
    &(cg_unslice_attrs) \
    {                   \
        __VA_ARGS__     \
    }
#define POOL(...)                       \
    {                                   \
        .kernel = { 2, 2 }, __VA_ARGS__ \
    }
#define POOLING(...) &(cg_pool2d_attrs)POOL(__VA_ARGS__)

/* Of avg_pool2d_dx: the pooling, and the rows and columns of x. */
typedef struct {
    cg_pool2d_attrs pool;
    int64_t output[2];
} unpooling;

static const struct {
    const char *op;
    const void *attrs; /* NULL: the defaults */
    int n;
    cg_shape x[5];
    const char *says;
} cases[] = {
    { "add", NULL, 2, { CG_DIMS(2, 3), CG_DIMS(4) }, "2x3 and 4 do not broadcast" },
    { "mse", NULL, 2, { CG_DIMS(2, 3), CG_DIMS(2, 4) }, "one shape, found 2x3 and 2x4" },
    { "mse", NULL, 2, { { 0 }, { 0 } }, "expected N x ..., found a scalar" },
    { "cce", NULL, 2, { CG_DIMS(2), CG_DIMS(2) }, "expected N x classes x ..., found one axis" },
    { "kl", NULL, 2, { CG_DIMS(2, 3), CG_DIMS(3) }, "one shape" },
    { "clip",
      &(cg_clip_attrs){ 2, 1 },
      1,
      { CG_DIMS(3) },
      "low is 2, must not exceed high, which is 1" },

    { "softmax", &(cg_axis_attrs){ 2 }, 1, { CG_DIMS(2, 3) }, "2x3, has no axis 2" },
    { "log_softmax", &(cg_axis_attrs){ -1 }, 1, { { 0 } }, "has no axis -1" },
    { "sum", AXES(4), 1, { CG_DIMS(2, 3) }, "beyond the 2 of x, which is 2x3" },
    { "max_mask", AXES(2), 1, { CG_DIMS(2) }, "beyond the 1 of x" },
    { "flip", &(cg_flip_attrs){ 4 }, 1, { CG_DIMS(2, 3) }, "axes must be within 0..1" },
    { "concat",
      &(cg_axis_attrs){ 2 },
      2,
      { CG_DIMS(2, 3), CG_DIMS(2, 3) },
      "below the rank of 2x3, found 2" },
    { "concat",
      &(cg_axis_attrs){ 1 },
      2,
      { CG_DIMS(2, 3), CG_DIMS(4, 3) },
      "but for axis 1, found 2x3 and 4x3" },
    { "concat", &(cg_axis_attrs){ 0 }, 2, { CG_DIMS(2, 3), CG_DIMS(2) }, "found 2x3 and 2" },

    { "matmul", NULL, 2, { CG_DIMS(2), CG_DIMS(2, 3) }, "at least 2 axes, found 2 and 2x3" },
    { "matmul", NULL, 2, { CG_DIMS(2, 3), CG_DIMS(3) }, "at least 2 axes, found 2x3 and 3" },
    { "matmul",
      NULL,
      2,
      { CG_DIMS(2, 3), CG_DIMS(2, 4) },
      "a 2x3 and b 2x4 do not chain: 3 columns, 2 rows" },
    { "matmul",
      &(cg_matmul_attrs){ 1, 1 },
      2,
      { CG_DIMS(2, 3), CG_DIMS(4, 3) },
      "a 2x3 transposed and b 4x3 transposed do not chain: 2 columns, 3 rows" },
    { "matmul", NULL, 2, { CG_DIMS(2, 3, 4), CG_DIMS(3, 4, 5) }, "batch axes of 2x3x4 and 3x4x5" },

    { "reshape",
      &(cg_shape_attrs){ CG_DIMS(7) },
      1,
      { CG_DIMS(2, 3) },
      "6 elements for 2x3, found 7" },
    { "reshape", &(cg_shape_attrs){ CG_DIMS(0) }, 1, { CG_DIMS(2) }, "dimension 0 is 0" },
    { "broadcast",
      &(cg_shape_attrs){ CG_DIMS(2, 4) },
      1,
      { CG_DIMS(2, 3) },
      "2x3 does not broadcast to 2x4" },
    { "broadcast",
      &(cg_shape_attrs){ CG_DIMS(3) },
      1,
      { CG_DIMS(2, 3) },
      "2x3 does not broadcast to 3" },
    { "broadcast", &(cg_shape_attrs){ CG_DIMS(-1) }, 1, { CG_DIMS(1) }, "dimension 0 is -1" },
    { "transpose",
      &(cg_transpose_attrs){ { 0, 0 } },
      1,
      { CG_DIMS(2, 3) },
      "0..1 once, found 0 at position 1" },
    { "transpose",
      &(cg_transpose_attrs){ { 2, 0 } },
      1,
      { CG_DIMS(2, 3) },
      "found 2 at position 0" },
    { "slice", SLICE(.size = CG_DIMS(2)), 1, { CG_DIMS(2, 3) }, "rank 2 for 2x3, found 2" },
    { "slice", SLICE(.size = CG_DIMS(2, 0)), 1, { CG_DIMS(2, 3) }, "dimension 1 is 0" },
    { "slice",
      SLICE(.begin = { 0, 2 }, .size = CG_DIMS(2, 2)),
      1,
      { CG_DIMS(2, 3) },
      "axis 1: 2 positions from 2 by 1 leave 0..2" },
    { "slice",
      SLICE(.begin = { 2 }, .size = CG_DIMS(1, 3)),
      1,
      { CG_DIMS(2, 3) },
      "axis 0: 1 positions from 2" },
    { "unslice", UNSLICE(.like = CG_DIMS(2)), 1, { CG_DIMS(2, 3) }, "rank 2 for 2x3, found 2" },
    { "unslice", UNSLICE(.like = CG_DIMS(2, 0)), 1, { CG_DIMS(2, 3) }, "dimension 1 is 0" },
    { "unslice",
      UNSLICE(.begin = { 0, 1 }, .like = CG_DIMS(2, 3)),
      1,
      { CG_DIMS(2, 3) },
      "axis 1: 3 positions from 1 by 1 leave 0..2" },
    { "unslice",
      UNSLICE(.begin = { 2 }, .like = CG_DIMS(2, 3)),
      1,
      { CG_DIMS(1, 3) },
      "axis 0: 1 positions from 2" },
    { "unpad",
      &(cg_pad_attrs){ .before = { 2 }, .after = { 1 } },
      1,
      { CG_DIMS(3) },
      "axis 0: nothing is left between 2 and 1" },
    { "pad",
      &(cg_pad_attrs){ .before = { 3 }, .mode = CG_PAD_REFLECT },
      1,
      { CG_DIMS(3) },
      "reflection of 3 and 0 needs more than 3 positions" },
    { "pad",
      &(cg_pad_attrs){ .after = { 0, 2 }, .mode = CG_PAD_REFLECT },
      1,
      { CG_DIMS(3, 2) },
      "axis 1: reflection of 0 and 2 needs more than 2 positions" },

    { "conv2d",
      CONV(.groups = 1),
      2,
      { CG_DIMS(2, 3, 4), CG_DIMS(1, 3, 1, 1) },
      "found 2x3x4 and 1x3x1x1" },
    { "conv2d",
      CONV(.groups = 1),
      2,
      { CG_DIMS(1, 3, 4, 4, 8), CG_DIMS(1, 3, 1, 1) },
      "x must be N C H W" },
    { "conv2d", CONV(.groups = 1), 2, { CG_DIMS(1, 3, 4, 4), CG_DIMS(3, 1, 1) }, "and 3x1x1" },
    { "conv2d",
      CONV(.groups = 1),
      2,
      { CG_DIMS(1, 3, 4, 4), CG_DIMS(2, 2, 1, 1) },
      "x has 3 channels, w expects 2 and has 2 filters, in 1 groups" },
    { "conv2d",
      CONV(.groups = 2),
      2,
      { CG_DIMS(1, 3, 4, 4), CG_DIMS(2, 1, 1, 1) },
      "x has 3 channels" },
    { "conv2d",
      CONV(.groups = 2),
      2,
      { CG_DIMS(1, 2, 4, 4), CG_DIMS(3, 1, 1, 1) },
      "has 3 filters, in 2 groups" },
    { "conv2d",
      CONV(.dilation = { 2, 1 }),
      2,
      { CG_DIMS(1, 1, 4, 4), CG_DIMS(1, 1, 3, 2) },
      "kernel 5x2 exceeds its padded input 4x4" },
    { "conv2d",
      CONV(.padding = { 0, 1, 0, 0 }),
      2,
      { CG_DIMS(1, 1, 4, 4), CG_DIMS(1, 1, 3, 6) },
      "kernel 3x6 exceeds its padded input 4x5" },
    { "conv2d_dw",
      CONV(.output = { 1, 1 }),
      2,
      { CG_DIMS(2, 1, 4, 4), CG_DIMS(3, 1, 4, 4) },
      "2x1x4x4 and 3x1x4x4" },
    { "conv2d_dw",
      CONV(.output = { 1, 1 }),
      2,
      { CG_DIMS(1, 1, 4, 4, 16), CG_DIMS(1, 1, 4, 4) },
      "dy must be N K P Q" },
    { "conv2d_dw",
      CONV(.output = { 1, 1 }),
      2,
      { CG_DIMS(1, 4, 4), CG_DIMS(1, 4, 4) },
      "x N C H W" },
    { "conv2d_dw",
      CONV(.groups = 2, .output = { 1, 1 }),
      2,
      { CG_DIMS(1, 2, 4, 4), CG_DIMS(1, 3, 4, 4) },
      "have no 2 groups" },
    { "conv2d_dw",
      CONV(.groups = 2, .output = { 1, 1 }),
      2,
      { CG_DIMS(1, 3, 4, 4), CG_DIMS(1, 2, 4, 4) },
      "have no 2 groups" },
    { "conv2d_dw",
      CONV(.output = { 3, 3 }),
      2,
      { CG_DIMS(1, 1, 3, 2), CG_DIMS(1, 1, 4, 4) },
      "a 3x3 kernel on x 1x1x4x4 gives 2 rows, dy 1x1x3x2 has 3" },
    { "conv2d_dw",
      CONV(.output = { 3, 3 }),
      2,
      { CG_DIMS(1, 1, 2, 3), CG_DIMS(1, 1, 4, 4) },
      "2 columns" },
    { "conv2d_dw",
      CONV(.output = { 3, 3 }, .parts = 3),
      2,
      { CG_DIMS(2, 1, 2, 2), CG_DIMS(2, 1, 4, 4) },
      "3 parts of dy 2x1x2x2" },
    { "conv_transpose2d",
      CONV_T(.groups = 1),
      2,
      { CG_DIMS(1, 2, 3), CG_DIMS(2, 1, 1, 1) },
      "found 1x2x3" },
    { "conv_transpose2d",
      CONV_T(.groups = 1),
      2,
      { CG_DIMS(1, 2, 3, 3), CG_DIMS(2, 1, 1) },
      "and 2x1x1" },
    { "conv_transpose2d",
      CONV_T(.groups = 1),
      2,
      { CG_DIMS(1, 2, 3, 3), CG_DIMS(3, 1, 1, 1) },
      "x has 2 channels, w expects 3 in 1 groups" },
    { "conv_transpose2d",
      CONV_T(.groups = 2),
      2,
      { CG_DIMS(1, 3, 3, 3), CG_DIMS(3, 1, 1, 1) },
      "in 2 groups" },
    { "conv_transpose2d",
      CONV_T(.output_padding = { 0, 1 }),
      2,
      { CG_DIMS(1, 1, 3, 3), CG_DIMS(1, 1, 1, 1) },
      "output_padding 1 must be less than the stride 1" },
    { "conv_transpose2d",
      CONV_T(.padding = { 1, 0, 2, 0 }),
      2,
      { CG_DIMS(1, 1, 3, 3), CG_DIMS(1, 1, 1, 1) },
      "padding 1+2 leaves no row" },
    { "conv_transpose2d",
      CONV_T(.padding = { 0, 2, 0, 1 }),
      2,
      { CG_DIMS(1, 1, 3, 3), CG_DIMS(1, 1, 1, 1) },
      "padding 2+1 leaves no column" },

    { "max_pool2d",
      POOLING(.ceil = 0),
      1,
      { CG_DIMS(1, 4, 4) },
      "N C H W, or N/16 C H W 16, found 1x4x4" },
    { "avg_pool2d", POOLING(.ceil = 0), 1, { CG_DIMS(1, 1, 4, 4, 8) }, "found 1x1x4x4x8" },
    { "max_pool2d",
      POOLING(.padding = { 0, 0, 2, 0 }),
      1,
      { CG_DIMS(1, 1, 4, 4) },
      "padding 2 must be less than the kernel, 2" },
    { "avg_pool2d",
      POOLING(.padding = { 3, 0, 0, 0 }),
      1,
      { CG_DIMS(1, 1, 4, 4) },
      "padding 3 must be less" },
    { "max_pool2d",
      POOLING(.ceil = 0),
      1,
      { CG_DIMS(1, 1, 1, 4) },
      "a window of 2 rows exceeds its padded input, 1" },
    { "max_pool2d",
      POOLING(.ceil = 0),
      1,
      { CG_DIMS(1, 1, 4, 1) },
      "a window of 2 columns exceeds" },
    { "max_pool2d_dx",
      POOLING(.ceil = 0),
      2,
      { CG_DIMS(1, 1, 2, 3), CG_DIMS(1, 1, 4, 4) },
      "dy must be 1x1x2x2, found 1x1x2x3" },
    { "max_pool2d_dx", POOLING(.ceil = 0), 2, { CG_DIMS(1, 1, 2, 2), CG_DIMS(4, 4) }, "found 4x4" },
    { "max_pool2d_pick",
      POOLING(.ceil = 0),
      2,
      { CG_DIMS(1, 1, 4, 5), CG_DIMS(1, 1, 4, 4) },
      "the shape of x, 1x1x4x4, found 1x1x4x5" },
    { "avg_pool2d_dx",
      &(unpooling){ POOL(.ceil = 0), { 4, 4 } },
      1,
      { CG_DIMS(2, 2) },
      "dy must be N C P Q, or N/16 C P Q 16, found 2x2" },
    { "avg_pool2d_dx",
      &(unpooling){ POOL(.ceil = 0), { 4, 4 } },
      1,
      { CG_DIMS(1, 1, 2, 3) },
      "dy must be 1x1x2x2, found 1x1x2x3" },

    { "moments", NULL, 1, { CG_DIMS(2) }, "expected x: N C ..., found rank 1" },
    { "comoments", NULL, 3, { CG_DIMS(2), CG_DIMS(2), CG_DIMS(1) }, "mean with the 0 channels" },
    { "comoments",
      NULL,
      3,
      { CG_DIMS(2, 3), CG_DIMS(2, 4), CG_DIMS(3) },
      "mean with the 3 channels" },
    { "comoments",
      NULL,
      3,
      { CG_DIMS(2, 3), CG_DIMS(2, 3), CG_DIMS(2) },
      "mean with the 3 channels" },
    { "batch_norm",
      NULL,
      3,
      { CG_DIMS(2), CG_DIMS(2), CG_DIMS(2) },
      "expected x: N C ..., found rank 1" },
    { "batch_norm",
      NULL,
      3,
      { CG_DIMS(2, 3), CG_DIMS(3), CG_DIMS(2) },
      "expected 3, the channels of x" },
    { "batch_norm_eval",
      NULL,
      5,
      { CG_DIMS(2, 3), CG_DIMS(3), CG_DIMS(3), CG_DIMS(3), CG_DIMS(1, 3) },
      "found 1x3" },
    { "layer_norm",
      NULL,
      3,
      { CG_DIMS(2, 3), CG_DIMS(2), CG_DIMS(2) },
      "trailing axes of x, 2x3, found gamma 2" },
    { "layer_norm", NULL, 3, { CG_DIMS(2, 3), CG_DIMS(3), CG_DIMS(2) }, "expected gamma and beta" },
    { "layer_norm", NULL, 3, { CG_DIMS(2, 3), { 0 }, { 0 } }, "expected gamma and beta" },
    { "layer_norm", NULL, 3, { CG_DIMS(3), CG_DIMS(1, 3), CG_DIMS(1, 3) }, "found gamma 1x3" },

    { "one_hot",
      &(cg_one_hot_attrs){ 2 },
      1,
      { CG_DIMS(1, 1, 1, 1, 1, 1, 1, 1) },
      "an index of rank below 8" },
    { "gather", NULL, 2, { { 0 }, CG_DIMS(2) }, "a table of rows, found a scalar" },
    { "gather",
      NULL,
      2,
      { CG_DIMS(2, 2, 2, 2, 2), CG_DIMS(1, 1, 1, 1, 1) },
      "a rank of at most 8, found 9" },
    { "scatter_add",
      &(cg_scatter_attrs){ 4 },
      2,
      { CG_DIMS(2, 3), CG_DIMS(3) },
      "the shape of the index, 3, found 2x3" },
    { "scatter_add", &(cg_scatter_attrs){ 4 }, 2, { CG_DIMS(2), CG_DIMS(2, 3) }, "2x3, found 2" },
    { "scatter_add",
      &(cg_scatter_attrs){ 4 },
      2,
      { CG_DIMS(1, 1, 1, 1, 1, 1, 1, 1), { 0 } },
      "found 1x1x1x1x1x1x1x1" },
};

static void refused(cg_graph *g, const char *says)
{
    const cg_error *error = cg_graph_error(g);
    ok(error->status == CG_ESHAPE && strstr(error->message, says), "%s", error->message);
    cg_graph_free(g);
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static const char *const names[] = { "a", "b", "c", "d", "e" };
        cg_graph *g = cg_graph_new();
        cg_node *x[5];
        for (int k = 0; k < cases[i].n; k++) x[k] = cg_input(g, names[k], cases[i].x[k]);
        cg_record(g, cg_op_find(cases[i].op), cases[i].attrs, cases[i].n, x);
        refused(g, cases[i].says);
    }
    cg_graph *g = cg_graph_new();
    ok(!cg_flatten(cg_input(g, "x", (cg_shape){ 0 })), "flatten of a scalar is NULL");
    refused(g, "flatten: expected N x ..., found a scalar");
    g = cg_graph_new();
    ok(!cg_sum_to(cg_input(g, "x", CG_SHAPE(2, 3)), CG_SHAPE(2, 2)),
       "so is a sum to what is wider");
    refused(g, "cg_sum_to: no such shape broadcasts");
    ok(!cg_sum_to(NULL, CG_SHAPE(2)) && !cg_flatten(NULL), "and what is made of NULL");
    return done_testing();
}
