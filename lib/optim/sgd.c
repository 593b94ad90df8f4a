/* Stochastic gradient descent with momentum, as torch.optim.SGD:
 * I. Sutskever, J. Martens, G. Dahl, G. Hinton, "On the importance of initialization and momentum
 * in deep learning", ICML 2013, with the learning rate outside of the velocity. */
#include "optim/optim.h"

#include <cnngraph/ops.h>

typedef struct {
    double lr, momentum, dampening;
    int64_t nesterov;
} sgd_attrs;

static const cg_attr attrs[] = {
    CG_REAL(sgd_attrs, lr, 0.01, 0, 1e38, "learning rate"),
    CG_REAL(sgd_attrs, momentum, 0, 0, 1, "how much of the last step is kept"),
    CG_REAL(sgd_attrs, dampening, 0, 0, 1, "how much of the gradient the momentum leaves out"),
    CG_BOOL(sgd_attrs, nesterov, "look ahead along the momentum"),
    { .name = NULL },
};

static cg_conflict conflict(const void *attrs_)
{
    const sgd_attrs *a = attrs_;
    if (a->nesterov && a->momentum == 0)
        return (cg_conflict){ "nesterov", "nesterov looks ahead along a momentum, but that is 0",
                              "momentum: 0.9" };
    if (a->dampening != 0 && a->momentum == 0)
        return (cg_conflict){ "dampening", "dampening is of a momentum, but that is 0",
                              "momentum: 0.9" };
    if (a->nesterov && a->dampening != 0)
        return (cg_conflict){ "dampening", "nesterov takes no dampening",
                              "leave one of the two out" };
    return (cg_conflict){ 0 };
}

static bool uses(const void *attrs_, int slot)
{
    (void)slot;
    return ((const sgd_attrs *)attrs_)->momentum != 0;
}

/* The first gradient becomes the velocity whole. */
enum { LR, SHARE };
static void values(const void *attrs_, double lr, uint64_t step, double scalars[])
{
    scalars[LR] = lr;
    scalars[SHARE] = step == 0 ? 1 : 1 - ((const sgd_attrs *)attrs_)->dampening;
}

/* v' = momentum v + share g; the step is lr v', or lr (g + momentum v') by Nesterov. */
static cg_node *record(const void *attrs_, cg_node *gradient, cg_node *const slots[],
                       cg_node *const scalars[], cg_node *new_slots[])
{
    const sgd_attrs *a = attrs_;
    cg_node *direction = gradient;
    if (a->momentum != 0) {
        cg_node *g = a->dampening != 0 ? cg_mul(scalars[SHARE], gradient) : gradient;
        cg_node *v = cg_add(cg_scale(slots[0], a->momentum), g);
        new_slots[0] = v;
        direction = a->nesterov ? cg_add(gradient, cg_scale(v, a->momentum)) : v;
    }
    return cg_mul(scalars[LR], direction);
}

const cg_optimizer cg_optimizer_sgd = {
    .name = "sgd",
    .help = "gradient descent, with momentum if asked for",
    .attrs = attrs,
    .attrs_size = sizeof(sgd_attrs),
    .conflict = conflict,
    .n_slots = 1,
    .slots = { "velocity" },
    .uses = uses,
    .n_scalars = 2,
    .scalars = { "lr", "share" },
    .values = values,
    .record = record,
};
