/* Adam: D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, in the order
 * of operations of torch.optim.Adam. */
#include "optim/adam.h"

#include <cnngraph/ops.h>

#include <math.h>

static const cg_attr attrs[] = {
    CG_REAL(cg_adam_attrs, lr, 0.001, 0, 1e38, "learning rate"),
    CG_REAL(cg_adam_attrs, beta1, 0.9, 0, 0.9999999, "memory of the mean gradient"),
    CG_REAL(cg_adam_attrs, beta2, 0.999, 0, 0.9999999, "memory of the mean squared gradient"),
    CG_REAL(cg_adam_attrs, epsilon, 1e-8, 0, 1, "added to the root mean square"),
    CG_REAL(cg_adam_attrs, weight_decay, 0, 0, 1e38, "adds so much of the weights to the gradient"),
    { .name = NULL },
};

void cg_adam_values(const void *attrs_, double lr, uint64_t step, double scalars[])
{
    const cg_adam_attrs *a = attrs_;
    double t = (double)step + 1;
    scalars[CG_ADAM_RATE] = lr / (1 - pow(a->beta1, t));
    scalars[CG_ADAM_CORRECTION] = 1 / sqrt(1 - pow(a->beta2, t));
    scalars[CG_ADAM_DECAY] = 1 - lr * a->weight_decay;
}

cg_node *cg_adam_record(const cg_adam_attrs *a, cg_node *theta, cg_node *gradient,
                        cg_node *const slots[], cg_node *const scalars[], cg_node *new_slots[])
{
    cg_node *m = cg_add(cg_scale(slots[0], a->beta1), cg_scale(gradient, 1 - a->beta1));
    cg_node *v = cg_add(cg_scale(slots[1], a->beta2), cg_scale(cg_square(gradient), 1 - a->beta2));
    new_slots[0] = m;
    new_slots[1] = v;
    cg_node *root = cg_shift(cg_mul(cg_sqrt(v), scalars[CG_ADAM_CORRECTION]), a->epsilon);
    return cg_sub(theta, cg_div(cg_mul(scalars[CG_ADAM_RATE], m), root));
}

static cg_node *record(const void *attrs_, cg_node *theta, cg_node *gradient,
                       cg_node *const slots[], cg_node *const scalars[], cg_node *new_slots[])
{
    const cg_adam_attrs *a = attrs_;
    if (a->weight_decay != 0) gradient = cg_add(gradient, cg_scale(theta, a->weight_decay));
    return cg_adam_record(a, theta, gradient, slots, scalars, new_slots);
}

const cg_optimizer cg_optimizer_adam = {
    .name = "adam",
    .help = "steps scaled by running means of the gradient and its square",
    .attrs = attrs,
    .attrs_size = sizeof(cg_adam_attrs),
    .n_slots = 2,
    .slots = { "m", "v" },
    .n_scalars = 2,
    .scalars = { "rate", "correction" },
    .values = cg_adam_values,
    .record = record,
};
