/* Mistakes that convolutional networks written from scratch make in practice, planted into copies
 * of the right ops to show how a check finds them. */
#include <cnngraph/check.h>
#include <cnngraph/ops.h>

#include "base/error.h"

#include <math.h>
#include <string.h>

/* What the unbroken op records. */
static void right(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_op_find(cg_node_op(node)->name)->vjp(node, dy, dx);
}

static cg_status shape_of_second(const cg_node *node, cg_shape *y, cg_error *error)
{
    (void)error;
    *y = *cg_node_shape(cg_node_input(node, 1));
    return CG_OK;
}

static void clear(const cg_ref_call *c)
{
    memset(c->y, 0, (size_t)cg_shape_size(c->ys) * sizeof *c->y);
}

/* ---- Z1: an empty loop
 * -------------------------------------------------------------------------*/
static void nothing_recorded(cg_node *node, cg_node *dy, cg_node *dx[])
{
    right(node, dy, dx);
    for (int i = 0; i < cg_node_arity(node); i++) dx[i] = cg_scale(dx[i], 0);
}

static void empty_forward(cg_op *op)
{
    op->reference = clear;
}

static void empty_both(cg_op *op)
{
    op->reference = clear;
    op->vjp = nothing_recorded;
}

/* ---- Z2: the derivative is always 1 or -1
 * ------------------------------------------------------*/
static void sign_alone(cg_node *node, cg_node *dy, cg_node *dx[])
{
    cg_node *p = cg_node_input(node, 0), *t = cg_node_input(node, 1);
    right(node, dy, dx);
    cg_node *sign = cg_shift(cg_scale(cg_greater(p, t), 2), -1);
    dx[0] = cg_mul(cg_reshape(dy, CG_SHAPE(cg_node_shape(p)->dim[0], 1)), sign);
}

static void plus_minus_one(cg_op *op)
{
    static const cg_sample samples[] = {
        { .x = { CG_DIMS(4, 3), CG_DIMS(4, 3) }, .n_x = 2, .low = 0.1, .high = 0.9 },
        { .n_x = 0 },
    };
    op->vjp = sign_alone;
    op->samples = samples;
}

/* ---- Z3: the derivative of the wrong thing, a factor forgotten
 * ---------------------------------*/
static void of_upstream(cg_node *node, cg_node *dy, cg_node *dx[])
{
    (void)node;
    dx[0] = cg_mul(dy, cg_mul(dy, cg_shift(cg_neg(dy), 1)));
}

static void derivative_of_upstream(cg_op *op)
{
    op->vjp = of_upstream;
}

static void without_factor(cg_node *node, cg_node *dy, cg_node *dx[])
{
    const cg_pool2d_attrs *a = cg_node_attrs(node);
    right(node, dy, dx);
    dx[0] = cg_scale(dx[0], (double)(a->kernel[0] * a->kernel[1]));
}

static void mean_without_its_factor(cg_op *op)
{
    op->vjp = without_factor;
}

/* ---- Z4: windows of average pooling ------------------------------------------------------------
 * On one image of SIDE x SIDE; dy: P x P; window p begins at p * stride. */
enum { SIDE = 5 };

static void spread(const cg_ref_call *c, int kernel, int stride, bool assign)
{
    int64_t windows = c->xs[0]->dim[2];
    clear(c);
    for (int64_t p = 0; p < windows; p++)
        for (int64_t q = 0; q < windows; q++)
            for (int64_t h = p * stride; h < p * stride + kernel && h < SIDE; h++)
                for (int64_t w = q * stride; w < q * stride + kernel && w < SIDE; w++) {
                    double share = c->x[0][p * windows + q] / (kernel * kernel);
                    double *y = &c->y[h * SIDE + w];
                    *y = assign ? share : *y + share;
                }
}

static void spread_by_kernel(const cg_ref_call *c)
{
    spread(c, 2, 2, false); /* kernel 2, but the stride is 3 */
}

static void spread_assigning(const cg_ref_call *c)
{
    spread(c, 3, 1, true);
}

static const cg_op stride_is_kernel = {
    .name = "spread", .inputs = "dy x", .shape = shape_of_second, .reference = spread_by_kernel
};
static const cg_op assigns = {
    .name = "spread", .inputs = "dy x", .shape = shape_of_second, .reference = spread_assigning
};

static void by_kernel(cg_node *node, cg_node *dy, cg_node *dx[])
{
    dx[0] = cg_record2(&stride_is_kernel, NULL, dy, cg_node_input(node, 0));
}

static void assigning(cg_node *node, cg_node *dy, cg_node *dx[])
{
    dx[0] = cg_record2(&assigns, NULL, dy, cg_node_input(node, 0));
}

static void stride_taken_for_kernel(cg_op *op)
{
    static const cg_pool2d_attrs attrs = { .kernel = { 2, 2 }, .stride = { 3, 3 } };
    static const cg_sample samples[] = {
        { .x = { CG_DIMS(1, 1, SIDE, SIDE) }, .n_x = 1, .attrs = &attrs },
        { .n_x = 0 },
    };
    op->vjp = by_kernel;
    op->samples = samples;
}

static void assigned_not_added(cg_op *op)
{
    static const cg_pool2d_attrs attrs = { .kernel = { 3, 3 }, .stride = { 1, 1 } };
    static const cg_sample samples[] = {
        { .x = { CG_DIMS(1, 1, SIDE, SIDE) }, .n_x = 1, .attrs = &attrs },
        { .n_x = 0 },
    };
    op->vjp = assigning;
    op->samples = samples;
}

/* ---- Z5: one window too many -------------------------------------------------------------------
 * x: 6 x 6, w: 3 x 3, stride 2, hence dy: 2 x 2.  The loop ends where no window can begin (6),
 * not where none fits (4), and finds in dy what belongs to the next row. */
static void past_the_edge(const cg_ref_call *c)
{
    const double *dy = c->x[0], *w = c->x[2];
    clear(c);
    for (int p = 0; 2 * p < 6; p++)
        for (int q = 0; 2 * q < 6; q++)
            for (int r = 0; r < 3 && 2 * p + r < 6; r++)
                for (int s = 0; s < 3 && 2 * q + s < 6; s++) {
                    int read = 2 * p + q;
                    c->y[(2 * p + r) * 6 + 2 * q + s] += (read < 4 ? dy[read] : 0) * w[3 * r + s];
                }
}

static const cg_op edge = { .name = "past_the_edge",
                            .inputs = "dy x w",
                            .shape = shape_of_second,
                            .reference = past_the_edge };

static void one_window_more(cg_node *node, cg_node *dy, cg_node *dx[])
{
    right(node, dy, dx);
    dx[0] = cg_record3(&edge, NULL, dy, cg_node_input(node, 0), cg_node_input(node, 1));
}

static void runs_past_the_edge(cg_op *op)
{
    static const cg_conv2d_attrs attrs = { .stride = { 2, 2 } };
    static const cg_sample samples[] = {
        { .x = { CG_DIMS(1, 1, 6, 6), CG_DIMS(1, 1, 3, 3) }, .n_x = 2, .attrs = &attrs },
        { .n_x = 0 },
    };
    op->vjp = one_window_more;
    op->samples = samples;
}

/* ---- Z6: the padding comes off twice
 * -----------------------------------------------------------*/
static void trimmed_twice(cg_node *node, cg_node *dy, cg_node *dx[])
{
    static const int64_t border[CG_MAX_RANK] = { 0, 0, 1, 1 };
    cg_shape inner = *cg_node_shape(cg_node_input(node, 0));
    right(node, dy, dx);
    inner.dim[2] -= 2;
    inner.dim[3] -= 2;
    dx[0] = cg_pad(cg_slice(dx[0], border, inner, NULL), border, border, CG_PAD_ZERO);
}

static void padding_trimmed_twice(cg_op *op)
{
    static const cg_conv2d_attrs attrs = { .padding = { 1, 1, 1, 1 } };
    static const cg_sample samples[] = {
        { .x = { CG_DIMS(1, 1, 5, 5), CG_DIMS(1, 1, 3, 3) }, .n_x = 2, .attrs = &attrs },
        { .n_x = 0 },
    };
    op->vjp = trimmed_twice;
    op->samples = samples;
}

/* ---- Z8: every tied maximum --------------------------------------------------------------------
 * Windows of 2 x 2 beside each other over planes of 4 x 4. */
static void to_all_maxima(const cg_ref_call *c)
{
    const double *dy = c->x[0], *x = c->x[1];
    int64_t planes = cg_shape_size(c->ys) / 16;
    for (int64_t window = 0; window < 4 * planes; window++) {
        int64_t corner = window / 4 * 16 + window % 4 / 2 * 8 + window % 2 * 2;
        int64_t member[] = { corner, corner + 1, corner + 4, corner + 5 };
        double largest = -INFINITY;
        for (int i = 0; i < 4; i++) largest = fmax(largest, x[member[i]]);
        for (int i = 0; i < 4; i++) c->y[member[i]] = x[member[i]] == largest ? dy[window] : 0;
    }
}

static const cg_op all_maxima = {
    .name = "to_all_maxima", .inputs = "dy x", .shape = shape_of_second, .reference = to_all_maxima
};

static void all_tied(cg_node *node, cg_node *dy, cg_node *dx[])
{
    dx[0] = cg_record2(&all_maxima, NULL, dy, cg_node_input(node, 0));
}

static void to_every_tied_maximum(cg_op *op)
{
    static const cg_pool2d_attrs attrs = { .kernel = { 2, 2 } };
    static const cg_sample samples[] = {
        { .x = { CG_DIMS(2, 3, 4, 4) }, .n_x = 1, .attrs = &attrs },
        { .n_x = 0 },
    };
    op->vjp = all_tied;
    op->samples = samples;
}

/* ---- the list
 * ----------------------------------------------------------------------------------*/
const cg_demo cg_demos[] = {
    { "Z1", "a convolution whose loop is empty",
      "Height and channels are mixed up, so the loop over the output runs zero times: the output\n"
      "is the bias whatever the image, and training still lowers the loss a little. The gradient\n"
      "that was derived on paper disagrees with differences that are all 0.",
      "conv2d", empty_forward },
    { "Z1", "a convolution whose loops are empty, backwards too",
      "With the same mix-up in the backward loop 0 is compared with 0, and a check that only\n"
      "looks at the distance passes. Such a verdict is VACUOUS here, and counts as failed.",
      "conv2d", empty_both },
    { "Z2", "a derivative of the loss that is always 1 or -1",
      "The derivative of binary cross-entropy, (p - t) / (p (1 - p)), reduced to its sign: every\n"
      "sample pulls equally hard however right it already is, and the loss stays high.",
      "bce", plus_minus_one },
    { "Z3", "the activation's derivative taken of the upstream gradient",
      "dx = dy dy (1 - dy) in place of dy y (1 - y): the right function of the wrong variable.\n"
      "A check with dy = 1 would compare with 0; a random dy leaves no doubt.",
      "sigmoid", derivative_of_upstream },
    { "Z3", "the factor 1 / (kH kW) of a mean forgotten",
      "The direction is right and the length is not: plain SGD then behaves as if its learning\n"
      "rate were kH kW times larger for the layers below, Adam hides it altogether.",
      "avg_pool2d", mean_without_its_factor },
    { "Z4", "pooling windows placed kernel by kernel when the stride is another",
      "Window p begins at p * stride; the backward loop takes p * kernel. Nothing shows while\n"
      "stride and kernel are equal, as they are in most tests.",
      "avg_pool2d", stride_taken_for_kernel },
    { "Z4", "= for += where pooling windows overlap",
      "An element of several windows gets the gradient of the last one only. Nothing shows while\n"
      "windows do not overlap.",
      "avg_pool2d", assigned_not_added },
    { "Z5", "a strided backward loop that runs past the edge",
      "The last rows belong to no window when the stride does not divide the image. A loop that\n"
      "ends with the image reads beyond the row of dy, which is the next row's: no crash.",
      "conv2d", runs_past_the_edge },
    { "Z6", "padding trimmed twice from the input gradient",
      "The border of the input gets no gradient. Digits are black there, so nobody misses it.",
      "conv2d", padding_trimmed_twice },
    { "Z7", "weight decay not multiplied by the learning rate",
      "w -= lr g + decay w, where w -= lr (g + decay w) was meant. The gradient is right, the "
      "step\n"
      "is not, so no gradient check can see it: the tests of the optimisers compare each with\n"
      "its formula written out, step by step.",
      NULL, NULL },
    { "Z8", "max pooling that sends the gradient to every tied maximum",
      "At random inputs nothing ties and the gradient is right; a black background ties in every\n"
      "window, and counts up to kH kW times there. At ties there is no derivative along a single\n"
      "element, but there is one along directions that move equal values alike.",
      "max_pool2d", to_every_tied_maximum },
    { "Z9", "accuracy counted by one-hot element",
      "Of ten elements an image's one-hot row has nine zeros: answering nothing at all scores\n"
      "90 %, and 88.5 % of the images right reads as 97.7 %. It is a matter of metrics, not of\n"
      "gradients: the tests of the metrics count whole images.",
      NULL, NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

cg_status cg_demo_run(const cg_demo *demo, const cg_check_options *options, cg_check_report *report,
                      void *context, cg_error *error)
{
    const cg_op *op = demo->op ? cg_op_find(demo->op) : NULL;
    if (!op) return cg_fail(error, CG_EUSAGE, "%s is not in the gradient of an op", demo->name);
    cg_check_options first = options ? *options : (cg_check_options){ 0 };
    first.order = 1;
    cg_op broken = *op;
    demo->plant(&broken);
    return cg_check_op(&broken, &first, report, context, error);
}
