/* AdamW: I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR 2019: the weights
 * shrink by themselves, apart from the adaptive step. */
#include "optim/adam.h"

#include <cnngraph/ops.h>

static const cg_attr attrs[] = {
    CG_REAL(cg_adam_attrs, lr, 0.001, 0, 1e38, "learning rate"),
    CG_REAL(cg_adam_attrs, beta1, 0.9, 0, 0.9999999, "memory of the mean gradient"),
    CG_REAL(cg_adam_attrs, beta2, 0.999, 0, 0.9999999, "memory of the mean squared gradient"),
    CG_REAL(cg_adam_attrs, epsilon, 1e-8, 0, 1, "added to the root mean square"),
    CG_REAL(cg_adam_attrs, weight_decay, 0.01, 0, 1e38,
            "a step shrinks the weights by lr times this"),
    { .name = NULL },
};

static cg_node *record(const void *attrs_, cg_node *theta, cg_node *gradient,
                       cg_node *const slots[], cg_node *const scalars[], cg_node *new_slots[])
{
    cg_node *shrunk = cg_mul(scalars[CG_ADAM_DECAY], theta);
    return cg_adam_record(attrs_, shrunk, gradient, slots, scalars, new_slots);
}

const cg_optimizer cg_optimizer_adamw = {
    .name = "adamw",
    .help = "Adam with weight decay apart from the gradient",
    .attrs = attrs,
    .attrs_size = sizeof(cg_adam_attrs),
    .n_slots = 2,
    .slots = { "m", "v" },
    .n_scalars = 3,
    .scalars = { "rate", "correction", "decay" },
    .values = cg_adam_values,
    .record = record,
};
