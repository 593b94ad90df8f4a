/* RMSprop: T. Tieleman, G. Hinton, lecture 6.5 of "Neural networks for machine learning", 2012, as
 * torch.optim.RMSprop; centered: A. Graves, "Generating sequences with recurrent neural networks",
 * 2013, equations 38 to 45. */
#include "optim/optim.h"

#include <cnngraph/ops.h>

typedef struct {
    double lr, alpha, epsilon, momentum;
    int64_t centered;
} rmsprop_attrs;

static const cg_attr attrs[] = {
    CG_REAL(rmsprop_attrs, lr, 0.01, 0, 1e38, "learning rate"),
    CG_REAL(rmsprop_attrs, alpha, 0.99, 0, 0.9999999, "memory of the mean squared gradient"),
    CG_REAL(rmsprop_attrs, epsilon, 1e-8, 0, 1, "added to the root mean square"),
    CG_REAL(rmsprop_attrs, momentum, 0, 0, 1, "how much of the last step is kept"),
    CG_BOOL(rmsprop_attrs, centered, "divide by the deviation from the mean gradient"),
    { .name = NULL },
};

enum { SQUARE, VELOCITY, MEAN };
static bool uses(const void *attrs_, int slot)
{
    const rmsprop_attrs *a = attrs_;
    return slot == SQUARE || (slot == VELOCITY ? a->momentum != 0 : a->centered);
}

static void values(const void *attrs_, double lr, uint64_t step, double scalars[])
{
    (void)attrs_;
    (void)step;
    scalars[0] = lr;
}

static cg_node *record(const void *attrs_, cg_node *gradient, cg_node *const slots[],
                       cg_node *const scalars[], cg_node *new_slots[])
{
    const rmsprop_attrs *a = attrs_;
    cg_node *v = cg_running_mean(slots[SQUARE], cg_square(gradient), a->alpha);
    new_slots[SQUARE] = v;
    if (a->centered) {
        cg_node *mean = cg_running_mean(slots[MEAN], gradient, a->alpha);
        new_slots[MEAN] = mean;
        v = cg_relu(cg_sub(v, cg_square(mean))); /* rounding may leave less than 0 */
    }
    cg_node *direction = cg_div(gradient, cg_shift(cg_sqrt(v), a->epsilon));
    if (a->momentum != 0)
        new_slots[VELOCITY] = direction = cg_add(cg_scale(slots[VELOCITY], a->momentum), direction);
    return cg_mul(scalars[0], direction);
}

const cg_optimizer cg_optimizer_rmsprop = {
    .name = "rmsprop",
    .help = "steps scaled by a running mean of the squared gradient",
    .attrs = attrs,
    .attrs_size = sizeof(rmsprop_attrs),
    .n_slots = 3,
    .slots = { "square", "velocity", "mean" },
    .uses = uses,
    .n_scalars = 1,
    .scalars = { "lr" },
    .values = values,
    .record = record,
};
