/* Clipping of the gradient, as nodes. */
#include "optim/optim.h"

#include <cnngraph/ops.h>

/* Added to the length that is divided by, as by torch.nn.utils.clip_grad_norm_. */
static const double tiny = 1e-6;

cg_node *cg_clip_by_norm(cg_node *gradient, double norm)
{
    cg_node *length = cg_sqrt(cg_sum(cg_square(gradient), 0, false));
    cg_node *factor = cg_div(cg_constant_like(length, norm), cg_shift(length, tiny));
    return cg_mul(cg_minimum(factor, cg_constant_like(factor, 1)), gradient);
}

cg_node *cg_clip_by_value(cg_node *gradient, double value)
{
    return cg_clip(gradient, -value, value);
}
