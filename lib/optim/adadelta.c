/* Adadelta: M. D. Zeiler, "ADADELTA: an adaptive learning rate method", 2012, as
 * torch.optim.Adadelta. */
#include "optim/optim.h"

#include <cnngraph/ops.h>

typedef struct {
    double lr, rho, epsilon;
} adadelta_attrs;

static const cg_attr attrs[] = {
    CG_REAL(adadelta_attrs, lr, 1, 0, 1e38, "factor of every step"),
    CG_REAL(adadelta_attrs, rho, 0.9, 0, 0.9999999, "memory of both mean squares"),
    CG_REAL(adadelta_attrs, epsilon, 1e-6, 1e-38, 1, "added to both mean squares"),
    { .name = NULL },
};

static void values(const void *attrs_, double lr, uint64_t step, double scalars[])
{
    (void)attrs_;
    (void)step;
    scalars[0] = lr;
}

/* d = sqrt(u + epsilon) / sqrt(v' + epsilon) g, where v is the mean of g^2 and u that of d^2. */
static cg_node *record(const void *attrs_, cg_node *gradient, cg_node *const slots[],
                       cg_node *const scalars[], cg_node *new_slots[])
{
    const adadelta_attrs *a = attrs_;
    cg_node *v = cg_running_mean(slots[0], cg_square(gradient), a->rho);
    cg_node *length = cg_sqrt(cg_shift(slots[1], a->epsilon));
    cg_node *d = cg_mul(cg_div(length, cg_sqrt(cg_shift(v, a->epsilon))), gradient);
    new_slots[0] = v;
    new_slots[1] = cg_running_mean(slots[1], cg_square(d), a->rho);
    return cg_mul(scalars[0], d);
}

const cg_optimizer cg_optimizer_adadelta = {
    .name = "adadelta",
    .help = "steps as long as the last ones, scaled by the gradient's mean square",
    .attrs = attrs,
    .attrs_size = sizeof(adadelta_attrs),
    .n_slots = 2,
    .slots = { "square", "step" },
    .n_scalars = 1,
    .scalars = { "lr" },
    .values = values,
    .record = record,
};
