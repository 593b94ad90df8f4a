/* Stochastic gradient descent with momentum, as torch.optim.SGD without dampening:
 * I. Sutskever, J. Martens, G. Dahl, G. Hinton, "On the importance of initialization and momentum
 * in deep learning", ICML 2013, with the learning rate outside of the velocity. */
#include "optim/optim.h"

#include <cnngraph/ops.h>

typedef struct {
    double lr, momentum;
    int64_t nesterov;
    double weight_decay;
} sgd_attrs;

static const cg_attr attrs[] = {
    CG_REAL(sgd_attrs, lr, 0.01, 0, 1e38, "learning rate"),
    CG_REAL(sgd_attrs, momentum, 0, 0, 1, "how much of the last step is kept"),
    CG_BOOL(sgd_attrs, nesterov, "look ahead along the momentum"),
    CG_REAL(sgd_attrs, weight_decay, 0, 0, 1e38, "adds so much of the weights to the gradient"),
    { .name = NULL },
};

static const char *conflict(const void *attrs_, const char **key)
{
    const sgd_attrs *a = attrs_;
    *key = "nesterov";
    return a->nesterov && a->momentum == 0 ? "nesterov looks ahead along a momentum, but that is 0"
                                           : NULL;
}

static int n_used(const void *attrs_)
{
    const sgd_attrs *a = attrs_;
    return a->momentum != 0 ? 1 : 0;
}

static void values(const void *attrs_, double lr, uint64_t step, double scalars[])
{
    (void)attrs_;
    (void)step;
    scalars[0] = lr;
}

/* v' = momentum v + g;  theta' = theta - lr v', or theta - lr (g + momentum v') by Nesterov. */
static cg_node *record(const void *attrs_, cg_node *theta, cg_node *gradient,
                       cg_node *const slots[], cg_node *const scalars[], cg_node *new_slots[])
{
    const sgd_attrs *a = attrs_;
    cg_node *g = gradient;
    if (a->weight_decay != 0) g = cg_add(g, cg_scale(theta, a->weight_decay));
    cg_node *direction = g;
    if (a->momentum != 0) {
        cg_node *v = cg_add(cg_scale(slots[0], a->momentum), g);
        new_slots[0] = v;
        direction = a->nesterov ? cg_add(g, cg_scale(v, a->momentum)) : v;
    }
    return cg_sub(theta, cg_mul(scalars[0], direction));
}

const cg_optimizer cg_optimizer_sgd = {
    .name = "sgd",
    .help = "gradient descent, with momentum if asked for",
    .attrs = attrs,
    .attrs_size = sizeof(sgd_attrs),
    .conflict = conflict,
    .n_slots = 1,
    .slots = { "velocity" },
    .n_used = n_used,
    .n_scalars = 1,
    .scalars = { "lr" },
    .values = values,
    .record = record,
};
