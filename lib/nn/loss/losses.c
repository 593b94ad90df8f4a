/* Losses: what a prediction is compared with is made from class indices here, unless it is values.
 * y: N x K, labels: N whole numbers or N x K values, result: N. */
#include "nn/nn.h"

#include <cnngraph/ops.h>

typedef struct {
    cg_weights weights;
    double label_smoothing;
} smooth_attrs;
static const cg_attr smooth_table[] = {
    CG_REAL(smooth_attrs, label_smoothing, 0, 0, 0.999,
            "share of the target spread over all classes"),
    { .name = NULL },
};

cg_node *cg_loss_target(cg_node *y, cg_node *labels)
{
    if (!y || !labels) return NULL;
    const cg_shape *s = cg_node_shape(y);
    if (cg_node_shape(labels)->rank == 2) return labels;
    if (s->dim[1] == 1) return cg_reshape(labels, *s);
    return cg_one_hot(labels, s->dim[1]);
}

/* Probabilities over at least two classes. */
static cg_node *classes(const smooth_attrs *a, cg_node *y, cg_node *labels)
{
    if (!y || !labels) return NULL;
    double share = a->label_smoothing;
    int64_t k = cg_node_shape(y)->dim[1];
    cg_node *t = cg_one_hot(labels, k);
    return share > 0 ? cg_shift(cg_scale(t, 1 - share), share / (double)k) : t;
}

/* As PyTorch has it, what smoothing gives to a class counts by the weight of that class. */
static cg_node *weighted_classes(const void *attrs, cg_node *y, cg_node *labels)
{
    const smooth_attrs *a = attrs;
    cg_node *t = classes(a, y, labels);
    return a->weights.n ? cg_mul(t, cg_weights_row(&a->weights, t)) : t;
}

static cg_node *cce(const void *attrs, cg_node *y, cg_node *labels)
{
    return cg_cce(y, weighted_classes(attrs, y, labels));
}

static cg_node *cross_entropy(const void *attrs, cg_node *y, cg_node *labels)
{
    return cg_softmax_cross_entropy(y, weighted_classes(attrs, y, labels));
}

static cg_node *kl(const void *attrs, cg_node *y, cg_node *labels)
{
    const smooth_attrs *a = attrs;
    cg_node *divergence = cg_kl(y, classes(a, y, labels));
    return a->weights.n ? cg_mul(divergence, cg_weights_of(&a->weights, labels)) : divergence;
}

static cg_node *bce(const void *attrs, cg_node *y, cg_node *labels)
{
    (void)attrs;
    return cg_bce(y, cg_loss_target(y, labels));
}

/* Behind weights of ones: w t softplus(-z) + (1 - t) softplus(z), exact for any z. */
static cg_node *bce_with_logits(const void *attrs, cg_node *z, cg_node *labels)
{
    const cg_weights *w = attrs;
    cg_node *t = cg_loss_target(z, labels);
    if (!w->n) return cg_bce_with_logits(z, t);
    cg_node *ones = cg_mul(cg_mul(t, cg_weights_row(w, t)), cg_softplus(cg_neg(z)));
    cg_node *zeros = cg_mul(cg_shift(cg_neg(t), 1), cg_softplus(z));
    return cg_mean(cg_add(ones, zeros), CG_AXIS(1), false);
}

static cg_node *mse(const void *attrs, cg_node *y, cg_node *labels)
{
    (void)attrs;
    return cg_mse(y, cg_loss_target(y, labels));
}

static cg_node *mae(const void *attrs, cg_node *y, cg_node *labels)
{
    (void)attrs;
    return cg_mae(y, cg_loss_target(y, labels));
}

static const cg_attr huber_table[] = {
    CG_REAL(cg_huber_attrs, delta, 1, 1e-9, 1e9, "where the square becomes a line"),
    { .name = NULL },
};

static cg_node *huber(const void *attrs, cg_node *y, cg_node *labels)
{
    return cg_huber(y, cg_loss_target(y, labels), ((const cg_huber_attrs *)attrs)->delta);
}

/* Hinge wants -1 and 1. */
static cg_node *hinge(const void *attrs, cg_node *y, cg_node *labels)
{
    (void)attrs;
    return cg_hinge(y, cg_shift(cg_scale(cg_loss_target(y, labels), 2), -1));
}

const cg_loss cg_loss_cce = {
    .name = "cce",
    .takes = CG_VALUES_PROBABILITIES,
    .help = "Categorical cross-entropy of probabilities (after softmax): -sum t log y.",
    .attrs = smooth_table,
    .attrs_size = sizeof(smooth_attrs),
    .weighs = CG_WEIGHS_CLASSES,
    .least_columns = 2,
    .only_classes = true,
    .record = cce,
};
const cg_loss cg_loss_cross_entropy = {
    .name = "cross_entropy",
    .takes = CG_VALUES_LOGITS,
    .help = "Categorical cross-entropy of logits (no softmax before it).",
    .attrs = smooth_table,
    .attrs_size = sizeof(smooth_attrs),
    .weighs = CG_WEIGHS_CLASSES,
    .least_columns = 2,
    .only_classes = true,
    .record = cross_entropy,
};
const cg_loss cg_loss_kl = {
    .name = "kl",
    .takes = CG_VALUES_PROBABILITIES,
    .help = "Kullback-Leibler divergence of the target from probabilities.",
    .attrs = smooth_table,
    .attrs_size = sizeof(smooth_attrs),
    .weighs = CG_WEIGHS_CLASSES,
    .least_columns = 2,
    .only_classes = true,
    .record = kl,
};
const cg_loss cg_loss_bce = {
    .name = "bce",
    .takes = CG_VALUES_SHARES,
    .help = "Binary cross-entropy of probabilities; the mean over the columns.",
    .least_columns = 1,
    .record = bce,
};
const cg_loss cg_loss_bce_with_logits = {
    .name = "bce_with_logits",
    .takes = CG_VALUES_LOGITS,
    .help = "Binary cross-entropy of logits (no sigmoid before it).",
    .attrs_size = sizeof(cg_weights),
    .weighs = CG_WEIGHS_ONES,
    .least_columns = 1,
    .cuts_at_zero = true,
    .record = bce_with_logits,
};
const cg_loss cg_loss_mse = {
    .name = "mse",
    .help = "Mean squared error, to 0 and 1 where the target is a class.",
    .least_columns = 1,
    .record = mse,
};
const cg_loss cg_loss_mae = {
    .name = "mae",
    .help = "Mean absolute error, likewise.",
    .least_columns = 1,
    .record = mae,
};
const cg_loss cg_loss_huber = {
    .name = "huber",
    .help = "Squared error near 0, absolute beyond `delta`.",
    .attrs = huber_table,
    .attrs_size = sizeof(cg_huber_attrs),
    .least_columns = 1,
    .record = huber,
};
const cg_loss cg_loss_hinge = {
    .name = "hinge",
    .help = "max(0, 1 - t y) with t -1 or 1; the mean over the columns.",
    .least_columns = 1,
    .cuts_at_zero = true,
    .only_classes = true,
    .record = hinge,
};
