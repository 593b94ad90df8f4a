/* Adagrad: J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and
 * stochastic optimization", JMLR 12, 2011, as torch.optim.Adagrad; with momentum: A. Défossez, L.
 * Bottou, F. Bach, N. Usunier, "A simple convergence proof of Adam and Adagrad", TMLR 2022,
 * equations 1 to 3, epsilon behind the root as everywhere here. */
#include "optim/optim.h"

#include <cnngraph/ops.h>

typedef struct {
    double lr, momentum, lr_decay, initial, epsilon;
} adagrad_attrs;

static const cg_attr attrs[] = {
    CG_REAL(adagrad_attrs, lr, 0.01, 0, 1e38, "learning rate"),
    CG_REAL(adagrad_attrs, momentum, 0, 0, 0.9999999, "how much of the last gradients is kept"),
    CG_REAL(adagrad_attrs, lr_decay, 0, 0, 1e38, "step n goes at lr / (1 + n lr_decay), from 0"),
    CG_REAL(adagrad_attrs, initial, 0, 0, 1e38, "what the sum of squares begins with"),
    CG_REAL(adagrad_attrs, epsilon, 1e-10, 0, 1, "added to the root of the sum"),
    { .name = NULL },
};

enum { SUM, VELOCITY };
static bool uses(const void *attrs_, int slot)
{
    return slot == SUM || ((const adagrad_attrs *)attrs_)->momentum != 0;
}

static void values(const void *attrs_, double lr, uint64_t step, double scalars[])
{
    scalars[0] = lr / (1 + (double)step * ((const adagrad_attrs *)attrs_)->lr_decay);
}

/* The state is the sum without `initial`, which every state begins without. */
static cg_node *record(const void *attrs_, cg_node *gradient, cg_node *const slots[],
                       cg_node *const scalars[], cg_node *new_slots[])
{
    const adagrad_attrs *a = attrs_;
    cg_node *sum = cg_add(slots[SUM], cg_square(gradient)), *direction = gradient;
    new_slots[SUM] = sum;
    if (a->initial != 0) sum = cg_shift(sum, a->initial);
    if (a->momentum != 0)
        new_slots[VELOCITY] = direction = cg_add(cg_scale(slots[VELOCITY], a->momentum), gradient);
    return cg_div(cg_mul(scalars[0], direction), cg_shift(cg_sqrt(sum), a->epsilon));
}

const cg_optimizer cg_optimizer_adagrad = {
    .name = "adagrad",
    .help = "steps scaled by the sum of all squared gradients",
    .attrs = attrs,
    .attrs_size = sizeof(adagrad_attrs),
    .n_slots = 2,
    .slots = { "sum", "velocity" },
    .uses = uses,
    .n_scalars = 1,
    .scalars = { "rate" },
    .values = values,
    .record = record,
};
