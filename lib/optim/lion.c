/* Lion: X. Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023, algorithm 2:
 * every weight moves by the learning rate, and decays by itself. */
#include "optim/optim.h"

#include <cnngraph/ops.h>

typedef struct {
    double lr, beta1, beta2;
} lion_attrs;

static const cg_attr attrs[] = {
    CG_REAL(lion_attrs, lr, 0.0001, 0, 1e38, "learning rate, the size of every step"),
    CG_REAL(lion_attrs, beta1, 0.9, 0, 1, "share of the mean gradient in a step's sign"),
    CG_REAL(lion_attrs, beta2, 0.99, 0, 0.9999999, "memory of the mean gradient"),
    { .name = NULL },
};

static void values(const void *attrs_, double lr, uint64_t step, double scalars[])
{
    (void)attrs_;
    (void)step;
    scalars[0] = lr;
}

static cg_node *record(const void *attrs_, cg_node *gradient, cg_node *const slots[],
                       cg_node *const scalars[], cg_node *new_slots[])
{
    const lion_attrs *a = attrs_;
    cg_node *step = cg_mul(scalars[0], cg_sign(cg_running_mean(slots[0], gradient, a->beta1)));
    new_slots[0] = cg_running_mean(slots[0], gradient, a->beta2); /* may overwrite the old one */
    return step;
}

const cg_optimizer cg_optimizer_lion = {
    .name = "lion",
    .help = "the sign of a mean gradient: one state, steps of one size",
    .attrs = attrs,
    .attrs_size = sizeof(lion_attrs),
    .is_decoupled = true,
    .n_slots = 1,
    .slots = { "m" },
    .n_scalars = 1,
    .scalars = { "lr" },
    .values = values,
    .record = record,
};
