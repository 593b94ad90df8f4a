/* Does it make sense?  A loss after values that it is not made for can be computed, but the model
 * learns nothing, or something else than was meant. */
#include "model/model.h"

#include <string.h>

static bool is_among(const char *name, const char *const names[])
{
    while (*names && strcmp(*names, name) != 0) names++;
    return *names != NULL;
}

static const cg_op *activation_of(const cg_layer_spec *spec)
{
    for (const cg_layer_key *k = spec->layer ? spec->layer->keys : NULL; k && k->name; k++)
        if (k->type == CG_KEY_ACTIVATION)
            return ((const cg_activation_use *)(const void *)((const char *)spec->attrs +
                                                              k->offset))
                ->op;
    return spec->op;
}

/* The layer that makes the prediction's values what they are: later ones hand them on. */
static const cg_layer_spec *maker(const cg_model *m, int at)
{
    static const char *const handing_on[] = { "flatten",
                                              "reshape",
                                              "identity",
                                              "dropout",
                                              "spatial_dropout",
                                              "global_avgpool",
                                              "global_maxpool",
                                              "maxpool2d",
                                              "avgpool2d",
                                              "adaptive_avgpool2d",
                                              "adaptive_maxpool2d",
                                              "upsample2d",
                                              "pixel_shuffle",
                                              NULL };
    while (at > 0 && is_among(m->layer[at].type, handing_on)) at = m->layer[at].input[0];
    return &m->layer[at];
}

static cg_values values_of(const cg_layer_spec *spec)
{
    static const char *const without_limits[] = {
        "conv2d",     "conv_transpose2d", "depthwise_conv2d", "separable_conv2d", "dense",
        "batch_norm", "layer_norm",       "group_norm",       "instance_norm",    "prelu",
        NULL
    };
    const cg_op *op = activation_of(spec);
    if (op && !strcmp(op->name, "softmax")) return CG_VALUES_PROBABILITIES;
    if (op && !strcmp(op->name, "sigmoid")) return CG_VALUES_SHARES;
    return op || is_among(spec->type, without_limits) ? CG_VALUES_LOGITS : CG_VALUES_ANY;
}

/* The logarithm of what may be negative is a mistake; the rest trains, if badly. */
static void check_head(const cg_model *m, const cg_head *h, cg_diagnostics *diagnostics)
{
    const cg_loss *loss = h->loss;
    const cg_layer_spec *last = maker(m, h->layer);
    cg_values found = values_of(last), taken = loss->takes;
    if (found == CG_VALUES_ANY || taken == CG_VALUES_ANY) return;
    if (taken == CG_VALUES_PROBABILITIES && found == CG_VALUES_LOGITS)
        cg_diagnose(diagnostics, h->mark, NULL,
                    "put `softmax` behind it, or let `loss: cross_entropy` take it as it is",
                    "%s takes probabilities, but %s '%s' gives any numbers", loss->name, last->type,
                    last->name);
    else if (taken == CG_VALUES_SHARES && found == CG_VALUES_LOGITS)
        cg_diagnose(diagnostics, h->mark, NULL,
                    "put `sigmoid` behind it, or let `loss: bce_with_logits` take it as it is",
                    "%s takes probabilities, but %s '%s' gives any numbers", loss->name, last->type,
                    last->name);
    else if (taken == CG_VALUES_PROBABILITIES && found == CG_VALUES_SHARES)
        cg_warn(diagnostics, h->mark, "`softmax` in its place, or `loss: bce`",
                "%s takes probabilities that sum to 1, but %s '%s' gives one by one", loss->name,
                last->type, last->name);
    else if (taken == CG_VALUES_LOGITS && found != CG_VALUES_LOGITS)
        cg_warn(diagnostics, h->mark,
                found == CG_VALUES_SHARES ? "take the `sigmoid` out, or use `loss: bce`"
                                          : "take the `softmax` out, or use `loss: cce`",
                "%s takes logits, but %s '%s' gives probabilities", loss->name, last->type,
                last->name);
}

/* w l / w is l. */
static void check_weights(const cg_model *m, const cg_head *h, cg_diagnostics *diagnostics)
{
    const cg_tree *weights = cg_tree_find(h->keys, cg_weighing_keys[CG_WEIGHS_CLASSES]);
    if (m->spec.batch == 1 && weights)
        cg_warn(diagnostics, weights->mark, "a larger `batch`",
                "%s divides by the weights of a batch: those of a single image are not felt",
                h->loss->name);
}

void cg_model_check_loss(const cg_model *m, cg_diagnostics *diagnostics)
{
    for (int i = 0; i < m->n_heads; i++) {
        check_head(m, &m->head[i], diagnostics);
        check_weights(m, &m->head[i], diagnostics);
    }
}
