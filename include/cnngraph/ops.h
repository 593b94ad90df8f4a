/* Recording functions of the built-in operations.
 *
 * Each takes and returns nodes; attributes are structs whose zero fields mean the default.  Shapes
 * and formulas: doc/ops.md, or `cnngraph ops NAME`.  A NULL argument (something failed earlier, and
 * its graph knows) gives NULL; beside a node of a graph that is not in error it is a mistake
 * itself, CG_EUSAGE. */
#ifndef CNNGRAPH_OPS_H
#define CNNGRAPH_OPS_H

#include <cnngraph/graph.h>

CG_BEGIN_API

/* Axes of reductions: CG_AXIS(0) | CG_AXIS(2); 0 is all of them. */
#define CG_AXIS(i) (INT64_C(1) << (i))

/* ---- element by element; shapes broadcast as in NumPy ---------------------------------------- */
cg_node *cg_add(cg_node *a, cg_node *b);
cg_node *cg_sub(cg_node *a, cg_node *b);
cg_node *cg_mul(cg_node *a, cg_node *b);
cg_node *cg_div(cg_node *a, cg_node *b);
cg_node *cg_pow(cg_node *a, cg_node *b);                  /* a > 0, or b constant and whole      */
cg_node *cg_maximum(cg_node *a, cg_node *b);              /* a tie sends the gradient to a        */
cg_node *cg_minimum(cg_node *a, cg_node *b);              /* a tie sends the gradient to a        */
cg_node *cg_greater(cg_node *a, cg_node *b);              /* 1 where a > b, else 0; no gradient   */
cg_node *cg_where(cg_node *mask, cg_node *a, cg_node *b); /* a where mask is not 0, else b        */
cg_node *cg_scale(cg_node *x, double factor);             /* mul by a scalar constant             */
cg_node *cg_shift(cg_node *x, double term);               /* add a scalar constant                */
cg_node *cg_fma(cg_node *a, cg_node *b, cg_node *c);      /* a b + c                              */

cg_node *cg_neg(cg_node *x);
cg_node *cg_exp(cg_node *x);
cg_node *cg_log(cg_node *x);
cg_node *cg_sqrt(cg_node *x);
cg_node *cg_square(cg_node *x);
cg_node *cg_abs(cg_node *x); /* gradient 0 at 0 */
cg_node *cg_erf(cg_node *x);

typedef struct {
    double low, high;
} cg_clip_attrs;
cg_node *cg_clip(cg_node *x, double low, double high); /* gradient 1 within [low, high], else 0 */

/* ---- activations ------------------------------------------------------------------------------*/
typedef struct {
    double slope;
} cg_leaky_relu_attrs; /* default 0.01 */
typedef struct {
    double alpha;
} cg_elu_attrs; /* default 1    */
cg_node *cg_sigmoid(cg_node *x);
cg_node *cg_tanh(cg_node *x);
cg_node *cg_relu(cg_node *x); /* gradient 0 at 0 */
cg_node *cg_leaky_relu(cg_node *x, double slope);
cg_node *cg_elu(cg_node *x, double alpha);
cg_node *cg_gelu(cg_node *x); /* x Phi(x), exact */
cg_node *cg_silu(cg_node *x);
cg_node *cg_softplus(cg_node *x);
typedef struct {
    int64_t axis;
} cg_axis_attrs; /* -1: the last (the default) */
cg_node *cg_softmax(cg_node *x, int axis);
cg_node *cg_log_softmax(cg_node *x, int axis);

/* ---- reductions -------------------------------------------------------------------------------*/
typedef struct {
    int64_t axes, keep;
} cg_reduce_attrs; /* keep: reduced axes stay, as 1 */
cg_node *cg_sum(cg_node *x, int64_t axes, bool keep);
cg_node *cg_mean(cg_node *x, int64_t axes, bool keep);
cg_node *cg_max(cg_node *x, int64_t axes, bool keep); /* the gradient goes to the first maximum */
cg_node *cg_max_mask(cg_node *x, int64_t axes); /* 1 at the first maximum, else 0; no gradient */
cg_node *cg_sum_to(cg_node *x, cg_shape shape); /* undoes a broadcast from `shape` by summing */

/* ---- matrices ---------------------------------------------------------------------------------*/
typedef struct {
    int64_t transpose_a, transpose_b;
} cg_matmul_attrs;
/* The last two axes; the axes before them are the batch and broadcast. */
cg_node *cg_matmul(cg_node *a, cg_node *b, bool transpose_a, bool transpose_b);

/* ---- shape ------------------------------------------------------------------------------------*/
typedef struct {
    cg_shape shape;
} cg_shape_attrs;
cg_node *cg_reshape(cg_node *x, cg_shape shape);
cg_node *cg_flatten(cg_node *x); /* N x ... to N x rest */
cg_node *cg_broadcast(cg_node *x, cg_shape shape);
typedef struct {
    int64_t order[CG_MAX_RANK];
} cg_transpose_attrs; /* y axis i is x axis order[i] */
cg_node *cg_transpose(cg_node *x, const int64_t order[]);
typedef struct {
    int64_t axes;
} cg_flip_attrs;
cg_node *cg_flip(cg_node *x, int64_t axes); /* reads them backwards; 0: all */
cg_node *cg_concat(int n, cg_node *const x[], int axis);
typedef struct {
    int64_t begin[CG_MAX_RANK], step[CG_MAX_RANK];
    cg_shape size;
} cg_slice_attrs;
/* y[i] = x[begin + i step], `size` elements along each axis; step NULL: ones. */
cg_node *cg_slice(cg_node *x, const int64_t begin[], cg_shape size, const int64_t step[]);
/* The adjoint of slice: zeros of shape `like` with x put where the slice reads. */
typedef struct {
    int64_t begin[CG_MAX_RANK], step[CG_MAX_RANK];
    cg_shape like;
} cg_unslice_attrs;
cg_node *cg_unslice(cg_node *x, const int64_t begin[], const int64_t step[], cg_shape like);
typedef enum { CG_PAD_ZERO, CG_PAD_REFLECT, CG_PAD_REPLICATE } cg_pad_mode;
typedef struct {
    int64_t before[CG_MAX_RANK], after[CG_MAX_RANK], mode;
} cg_pad_attrs;
cg_node *cg_pad(cg_node *x, const int64_t before[], const int64_t after[], cg_pad_mode mode);
cg_node *cg_unpad(cg_node *x, const int64_t before[], const int64_t after[],
                  cg_pad_mode mode); /* adjoint of pad */

/* ---- convolution and pooling: x N C H W -------------------------------------------------------
 * padding: top, left, bottom, right (zeros).  w: K C/groups R S.
 *
 * Images may also lie in the lanes of vectors: x of rank 5, N/16 C H W 16, holds image 16 i + l in
 * [i, :, :, :, l].  The compiler chooses that layout where it is faster; w is the same in both. */
enum { CG_LANE_IMAGES = 16 };
typedef struct {
    int64_t stride[2], padding[4], dilation[2], groups;
    int64_t output[2]; /* conv2d_dw: R, S of w */
    int64_t parts;     /* conv2d_dw: 0, or parts of the batch to sum by themselves */
} cg_conv2d_attrs;
cg_node *cg_conv2d(cg_node *x, cg_node *w, const cg_conv2d_attrs *attrs);
/* dw of conv2d, from dy N K P Q and x N C H W; attrs->output = R, S.  With attrs->parts = P <= 8 it
 * is P K C/groups R S: part i sums over images N i/P to N (i+1)/P alone. */
cg_node *cg_conv2d_dw(cg_node *dy, cg_node *x, const cg_conv2d_attrs *attrs);
/* Transposed convolution, which is the input gradient of conv2d: x N K P Q, w K C/groups R S,
 * y N C H W with H = (P-1) stride - top - bottom + dilation (R-1) + 1 + output_padding. */
typedef struct {
    int64_t stride[2], padding[4], dilation[2], groups, output_padding[2];
} cg_conv_transpose2d_attrs;
cg_node *cg_conv_transpose2d(cg_node *x, cg_node *w, const cg_conv_transpose2d_attrs *attrs);

typedef struct {
    int64_t kernel[2];
    int64_t stride[2]; /* 0: the kernel */
    int64_t padding[4], ceil;
    int64_t count_padding; /* avg_pool2d: padding counts in the mean */
} cg_pool2d_attrs;
cg_node *cg_max_pool2d(cg_node *x,
                       const cg_pool2d_attrs *attrs); /* gradient to the first maximum */
cg_node *cg_avg_pool2d(cg_node *x, const cg_pool2d_attrs *attrs);
cg_node *cg_global_avg_pool2d(cg_node *x); /* N C H W to N C 1 1 */
cg_node *cg_global_max_pool2d(cg_node *x);

/* ---- normalisation ----------------------------------------------------------------------------*/
typedef struct {
    double epsilon;
} cg_norm_attrs; /* default 1e-5 */
/* Mean and biased variance of the channels of x: N C ..., as 1 C 2; or of each plane, as N C 2. */
typedef struct {
    int64_t each;
} cg_moments_attrs;
cg_node *cg_moments(cg_node *x, bool each);
cg_node *cg_moment(cg_node *moments, int which); /* 0: the means, 1: the variances; R C 1 */
/* Likewise the sums of a, and of a (b - mean); mean: one value for each channel. */
cg_node *cg_comoments(cg_node *a, cg_node *b, cg_node *mean, bool each);
/* Statistics over all axes but 1 (biased variance); gamma, beta, mean, var: C. */
cg_node *cg_batch_norm(cg_node *x, cg_node *gamma, cg_node *beta, double epsilon);
cg_node *cg_batch_norm_eval(cg_node *x, cg_node *gamma, cg_node *beta, cg_node *mean, cg_node *var,
                            double epsilon);
/* Over the trailing axes, which are gamma's and beta's. */
cg_node *cg_layer_norm(cg_node *x, cg_node *gamma, cg_node *beta, double epsilon);

/* y = x m / (1 - rate), m Bernoulli(1 - rate) drawn from (seed, step, stream, element). */
typedef struct {
    double rate;
    int64_t stream;
} cg_dropout_attrs;
cg_node *cg_dropout(cg_node *x, double rate, int64_t stream);

/* ---- indices ----------------------------------------------------------------------------------
 * Indices are whole numbers kept as floats.  One outside its range reads and writes nothing: the
 * row is 0. */
typedef struct {
    int64_t depth;
} cg_one_hot_attrs;
cg_node *cg_one_hot(cg_node *index, int64_t depth); /* shape of index, then depth   */
cg_node *cg_gather(cg_node *table, cg_node *index); /* rows of V x D by index       */
typedef struct {
    int64_t rows;
} cg_scatter_attrs;
cg_node *cg_scatter_add(cg_node *x, cg_node *index, int64_t rows); /* the adjoint of gather */

/* ---- losses: one value for each row of the batch (N), from x and target t of equal shape N x ...;
 * mse, mae, bce, bce_with_logits, hinge and huber take the mean over a row's elements, cce,
 * softmax_cross_entropy and kl the sum over classes (axis 1).  All are differentiable in t too. */
cg_node *cg_mse(cg_node *x, cg_node *t);
cg_node *cg_mae(cg_node *x, cg_node *t);
cg_node *cg_bce(cg_node *p, cg_node *t); /* log is cut off at -100, as in PyTorch */
cg_node *cg_bce_with_logits(cg_node *z, cg_node *t);
cg_node *cg_cce(cg_node *p, cg_node *t); /* log is cut off at -100 */
cg_node *cg_softmax_cross_entropy(cg_node *z, cg_node *t);
cg_node *cg_hinge(cg_node *x, cg_node *t); /* max(0, 1 - t x), t in {-1, 1} */
typedef struct {
    double delta;
} cg_huber_attrs; /* default 1 */
cg_node *cg_huber(cg_node *x, cg_node *t, double delta);
cg_node *cg_kl(cg_node *p, cg_node *t); /* sum t (log t - log p), 0 where t is 0 */

CG_END_API
#endif
