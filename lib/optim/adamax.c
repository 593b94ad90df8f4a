/* Adamax: D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015,
 * section 7.1, as torch.optim.Adamax. */
#include "optim/optim.h"

#include <cnngraph/ops.h>

#include <math.h>

typedef struct {
    double lr, beta1, beta2, epsilon;
} adamax_attrs;

static const cg_attr attrs[] = {
    CG_REAL(adamax_attrs, lr, 0.002, 0, 1e38, "learning rate"),
    CG_REAL(adamax_attrs, beta1, 0.9, 0, 0.9999999, "memory of the mean gradient"),
    CG_REAL(adamax_attrs, beta2, 0.999, 0, 0.9999999, "memory of the largest gradient"),
    CG_REAL(adamax_attrs, epsilon, 1e-8, 0, 1, "added to the gradient's size"),
    { .name = NULL },
};

static void values(const void *attrs_, double lr, uint64_t step, double scalars[])
{
    const adamax_attrs *a = attrs_;
    scalars[0] = lr / (1 - pow(a->beta1, (double)step + 1));
}

/* u' = max(beta2 u, |g| + epsilon); the step is rate m' / u'. */
static cg_node *record(const void *attrs_, cg_node *gradient, cg_node *const slots[],
                       cg_node *const scalars[], cg_node *new_slots[])
{
    const adamax_attrs *a = attrs_;
    cg_node *m = cg_running_mean(slots[0], gradient, a->beta1);
    cg_node *u = cg_maximum(cg_scale(slots[1], a->beta2), cg_shift(cg_abs(gradient), a->epsilon));
    new_slots[0] = m;
    new_slots[1] = u;
    return cg_div(cg_mul(scalars[0], m), u);
}

const cg_optimizer cg_optimizer_adamax = {
    .name = "adamax",
    .help = "Adam scaled by the largest gradient instead of the mean square",
    .attrs = attrs,
    .attrs_size = sizeof(adamax_attrs),
    .n_slots = 2,
    .slots = { "m", "u" },
    .n_scalars = 1,
    .scalars = { "rate" },
    .values = values,
    .record = record,
};
