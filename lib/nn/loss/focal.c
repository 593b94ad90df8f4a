/* Focal losses: what is already right counts little.
 *
 * T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollar, "Focal loss for dense object detection", ICCV
 * 2017: FL = -alpha_t (1 - p_t)^gamma log p_t, p_t the probability of the truth.
 *
 * All of it is computed from a margin s, by which the logits are in favour of anything but the
 * truth: p_t = sigmoid(-s), so -log p_t = softplus(s) and log(1 - p_t) = -softplus(-s), both exact
 * for logits as far apart as floats go.  (1 - p_t)^gamma is the exponential of the latter: a power
 * would have no gradient where 1 - p_t is 0. */
#include "nn/nn.h"

#include <cnngraph/ops.h>

#include <float.h>

static cg_node *focal_of(cg_node *margin, double gamma)
{
    if (gamma == 0) return cg_softplus(margin); /* 0 times infinity would be NaN */
    cg_node *forgiven = cg_exp(cg_scale(cg_softplus(cg_neg(margin)), -gamma));
    return cg_mul(forgiven, cg_softplus(margin));
}

/* ---- classes that exclude one another ---------------------------------------------------------*/
typedef struct {
    cg_weights weights;
    double gamma;
} focal_attrs;
static const cg_attr focal_table[] = {
    CG_REAL(focal_attrs, gamma, 2, 0, 100, "how much less counts what is right; 0: cross-entropy"),
    { .name = NULL },
};

/* log sum exp(z_k) - z_c over the classes k other than the true one, c: N.  Logits may be
 * -infinity, so they are chosen, not multiplied; the true one's place takes what is less than any
 * of the others that is finite. */
static cg_node *softmax_margin(cg_node *z, cg_node *labels)
{
    if (!z || !labels) return NULL;
    cg_graph *graph = cg_node_graph(z);
    cg_node *is_true = cg_one_hot(labels, cg_node_shape(z)->dim[1]);
    cg_node *least = cg_constant(graph, (cg_shape){ 0 }, -(double)FLT_MAX);
    cg_node *zero = cg_constant(graph, (cg_shape){ 0 }, 0);
    cg_node *own = cg_sum(cg_where(is_true, z, zero), CG_AXIS(1), true);
    cg_node *others = cg_where(is_true, least, z);
    cg_node *most = cg_max(others, CG_AXIS(1), true);
    cg_node *mass = cg_sum(cg_exp(cg_sub(others, most)), CG_AXIS(1), true);
    cg_node *margin = cg_add(cg_sub(most, own), cg_log(mass));
    return margin ? cg_reshape(margin, CG_SHAPE(cg_node_shape(z)->dim[0])) : NULL;
}

static cg_node *focal(const void *attrs, cg_node *y, cg_node *labels)
{
    const focal_attrs *a = attrs;
    cg_node *losses = focal_of(softmax_margin(y, labels), a->gamma);
    return a->weights.n ? cg_mul(losses, cg_weights_of(&a->weights, labels)) : losses;
}

/* ---- columns by themselves --------------------------------------------------------------------*/
typedef struct {
    double gamma, alpha;
} binary_attrs;
static const cg_attr binary_table[] = {
    CG_REAL(binary_attrs, gamma, 2, 0, 100, "how much less counts what is right; 0: cross-entropy"),
    CG_REAL(binary_attrs, alpha, 0.25, 0, 1, "weight of ones, 1 - alpha of zeros; 0: 1 of both"),
    { .name = NULL },
};

/* The margin is z against a 0 and -z against a 1. */
static cg_node *binary_focal(const void *attrs, cg_node *y, cg_node *labels)
{
    const binary_attrs *a = attrs;
    cg_node *t = cg_loss_target(y, labels);
    cg_node *terms = focal_of(cg_mul(cg_shift(cg_scale(t, -2), 1), y), a->gamma);
    if (a->alpha > 0) terms = cg_mul(terms, cg_shift(cg_scale(t, 2 * a->alpha - 1), 1 - a->alpha));
    return cg_mean(terms, CG_AXIS(1), false);
}

const cg_loss cg_loss_focal = {
    .name = "focal",
    .takes = CG_VALUES_LOGITS,
    .help =
        "(1 - p)^gamma times the cross-entropy of logits, p of the true class (Lin et al. 2017).",
    .attrs = focal_table,
    .attrs_size = sizeof(focal_attrs),
    .weighs = CG_WEIGHS_CLASSES,
    .least_columns = 2,
    .only_classes = true,
    .record = focal,
};
const cg_loss cg_loss_binary_focal = {
    .name = "binary_focal",
    .takes = CG_VALUES_LOGITS,
    .help = "The same of each column's sigmoid, targets 0 or 1; the mean over the columns.",
    .attrs = binary_table,
    .attrs_size = sizeof(binary_attrs),
    .least_columns = 1,
    .cuts_at_zero = true,
    .record = binary_focal,
};
