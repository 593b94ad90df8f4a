/* NAdam: T. Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop 2016, as
 * torch.optim.NAdam since PyTorch 2. */
#include "optim/optim.h"

#include <cnngraph/ops.h>

#include <math.h>

typedef struct {
    double lr, beta1, beta2, epsilon, momentum_decay;
} nadam_attrs;

static const cg_attr attrs[] = {
    CG_REAL(nadam_attrs, lr, 0.002, 0, 1e38, "learning rate"),
    CG_REAL(nadam_attrs, beta1, 0.9, 0, 0.999, "memory of the mean gradient"),
    CG_REAL(nadam_attrs, beta2, 0.999, 0, 0.9999999, "memory of the mean squared gradient"),
    CG_REAL(nadam_attrs, epsilon, 1e-8, 0, 1, "added to the root mean square"),
    CG_REAL(nadam_attrs, momentum_decay, 0.004, 0, 1, "how fast the momentum grows to beta1"),
    { .name = NULL },
};

/* The momentum of step t = 1, 2, .... */
static double momentum(const nadam_attrs *a, double t)
{
    return a->beta1 * (1 - 0.5 * pow(0.96, t * a->momentum_decay));
}

/* That of all steps up to t, multiplied; what is too small to change 1 ends it. */
static double product(const nadam_attrs *a, double t)
{
    double p = 1;
    for (int64_t i = 1; (double)i <= t && p > 1e-20; i++) p *= momentum(a, (double)i);
    return p;
}

enum { BY_GRADIENT, BY_MEAN, CORRECTION };
static void values(const void *attrs_, double lr, uint64_t step, double scalars[])
{
    const nadam_attrs *a = attrs_;
    double t = (double)step + 1, now = momentum(a, t), next = momentum(a, t + 1);
    double before = product(a, t);
    scalars[BY_GRADIENT] = lr * (1 - now) / (1 - before);
    scalars[BY_MEAN] = lr * next / (1 - before * next);
    scalars[CORRECTION] = 1 / sqrt(1 - pow(a->beta2, t));
}

static cg_node *record(const void *attrs_, cg_node *gradient, cg_node *const slots[],
                       cg_node *const scalars[], cg_node *new_slots[])
{
    const nadam_attrs *a = attrs_;
    cg_node *m = cg_running_mean(slots[0], gradient, a->beta1);
    cg_node *v = cg_running_mean(slots[1], cg_square(gradient), a->beta2);
    new_slots[0] = m;
    new_slots[1] = v;
    cg_node *root = cg_shift(cg_mul(cg_sqrt(v), scalars[CORRECTION]), a->epsilon);
    cg_node *ahead = cg_add(cg_mul(scalars[BY_GRADIENT], gradient), cg_mul(scalars[BY_MEAN], m));
    return cg_div(ahead, root);
}

const cg_optimizer cg_optimizer_nadam = {
    .name = "nadam",
    .help = "Adam that looks ahead along its mean gradient",
    .attrs = attrs,
    .attrs_size = sizeof(nadam_attrs),
    .n_slots = 2,
    .slots = { "m", "v" },
    .n_scalars = 3,
    .scalars = { "by_gradient", "by_mean", "correction" },
    .values = values,
    .record = record,
};
