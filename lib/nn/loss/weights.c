/* Weights of classes, and of ones. */
#include "nn/nn.h"

#include <cnngraph/ops.h>

const char *const cg_weighing_keys[] = {
    [CG_WEIGHS_CLASSES] = "weights", [CG_WEIGHS_ONES] = "pos_weight"
};

const cg_weights *cg_class_weights(const cg_loss *loss, const void *attrs)
{
    const cg_weights *w = loss->weighs == CG_WEIGHS_CLASSES ? attrs : NULL;
    return w && w->n ? w : NULL;
}

cg_node *cg_weights_row(const cg_weights *weights, const cg_node *like)
{
    return like ? cg_constant_data(cg_node_graph(like), CG_SHAPE(weights->n), weights->value)
                : NULL;
}

cg_node *cg_weights_of(const cg_weights *weights, cg_node *labels)
{
    return cg_gather(cg_weights_row(weights, labels), labels);
}
