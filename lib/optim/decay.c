/* Decay of weights, of which every optimiser knows: as a term of the loss or apart from it. */
#include "optim/optim.h"

#include <cnngraph/ops.h>

const cg_attr cg_decay_attrs[] = {
    CG_REAL(cg_decay, weight_decay, 0, 0, 1e38, "adds so much of the weights to the gradient"),
    CG_BOOL(cg_decay, decoupled, "weight_decay times lr shrinks the weights instead"),
    CG_REAL(cg_decay, l1, 0, 0, 1e38, "adds so much of the weights' signs to the gradient"),
    CG_CHOICE(cg_decay, decay, "all weights", "what decays: all, or neither biases nor norms"),
    { .name = NULL },
};

/* `amount` for each element that decays: a scalar, or a vector with zeros. */
static cg_node *amounts(cg_node *theta, cg_node *mask, double amount)
{
    if (mask) return cg_scale(mask, amount);
    return theta ? cg_constant(cg_node_graph(theta), (cg_shape){ 0 }, amount) : NULL;
}

cg_node *cg_decay_gradient(const cg_decay *d, cg_node *gradient, cg_node *theta, cg_node *mask)
{
    if (d->weight_decay != 0 && !d->decoupled)
        gradient = cg_add(gradient, cg_mul(theta, amounts(theta, mask, d->weight_decay)));
    if (d->l1 != 0)
        gradient = cg_add(gradient, cg_mul(cg_sign(theta), amounts(theta, mask, d->l1)));
    return gradient;
}

cg_node *cg_decay_weights(cg_node *theta, cg_node *share, cg_node *mask)
{
    return cg_sub(theta, cg_mul(mask ? cg_mul(mask, share) : share, theta));
}
