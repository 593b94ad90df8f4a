/* Adam: D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, in the order
 * of operations of torch.optim.Adam.
 * AdamW: I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR 2019: the same,
 * but weights decay by themselves, apart from the adaptive step. */
#include "optim/optim.h"

#include <cnngraph/ops.h>

#include <math.h>

typedef struct {
    double lr, beta1, beta2, epsilon;
    int64_t amsgrad;
} adam_attrs;

static const cg_attr attrs[] = {
    CG_REAL(adam_attrs, lr, 0.001, 0, 1e38, "learning rate"),
    CG_REAL(adam_attrs, beta1, 0.9, 0, 0.9999999, "memory of the mean gradient"),
    CG_REAL(adam_attrs, beta2, 0.999, 0, 0.9999999, "memory of the mean squared gradient"),
    CG_REAL(adam_attrs, epsilon, 1e-8, 0, 1, "added to the root mean square"),
    CG_BOOL(adam_attrs, amsgrad, "the mean square never falls"),
    { .name = NULL },
};

enum { MEAN, SQUARE, MOST };
static bool uses(const void *attrs_, int slot)
{
    return slot != MOST || ((const adam_attrs *)attrs_)->amsgrad;
}

/* lr / (1 - beta1^t) and 1 / sqrt(1 - beta2^t), for t = step + 1. */
enum { RATE, CORRECTION };
static void values(const void *attrs_, double lr, uint64_t step, double scalars[])
{
    const adam_attrs *a = attrs_;
    double t = (double)step + 1;
    scalars[RATE] = lr / (1 - pow(a->beta1, t));
    scalars[CORRECTION] = 1 / sqrt(1 - pow(a->beta2, t));
}

/* rate m' / (sqrt(v') correction + epsilon); with amsgrad the largest v' so far in its place: S. J.
 * Reddi, S. Kale, S. Kumar, "On the convergence of Adam and beyond", ICLR 2018. */
static cg_node *record(const void *attrs_, cg_node *gradient, cg_node *const slots[],
                       cg_node *const scalars[], cg_node *new_slots[])
{
    const adam_attrs *a = attrs_;
    cg_node *m = cg_running_mean(slots[MEAN], gradient, a->beta1);
    cg_node *v = cg_running_mean(slots[SQUARE], cg_square(gradient), a->beta2);
    new_slots[MEAN] = m;
    new_slots[SQUARE] = v;
    if (a->amsgrad) new_slots[MOST] = v = cg_maximum(slots[MOST], v);
    cg_node *root = cg_shift(cg_mul(cg_sqrt(v), scalars[CORRECTION]), a->epsilon);
    return cg_div(cg_mul(scalars[RATE], m), root);
}

const cg_optimizer cg_optimizer_adam = {
    .name = "adam",
    .help = "steps scaled by running means of the gradient and its square",
    .attrs = attrs,
    .attrs_size = sizeof(adam_attrs),
    .n_slots = 3,
    .slots = { "m", "v", "max" },
    .uses = uses,
    .n_scalars = 2,
    .scalars = { "rate", "correction" },
    .values = values,
    .record = record,
};

const cg_optimizer cg_optimizer_adamw = {
    .name = "adamw",
    .help = "Adam with weight decay apart from the gradient",
    .attrs = attrs,
    .attrs_size = sizeof(adam_attrs),
    .weight_decay = 0.01,
    .is_decoupled = true,
    .n_slots = 3,
    .slots = { "m", "v", "max" },
    .uses = uses,
    .n_scalars = 2,
    .scalars = { "rate", "correction" },
    .values = values,
    .record = record,
};
