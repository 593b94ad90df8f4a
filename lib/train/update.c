/* Clipping, decay, the optimiser's step: recorded over the slab, element by element, so that the
 * engine makes one pass of it. */
#include "train/update.h"

#include "base/memory.h"

#include <cnngraph/ops.h>

#include <stdio.h>
#include <string.h>

/* ---- which parameters decay ------------------------------------------------------------------ */
/* Biases are named otherwise, and the factors of a normalisation have the channels' axis alone. */
static bool is_weight(const cg_node *parameter)
{
    const char *name = cg_node_name(parameter), *dot = strrchr(name, '.');
    return cg_node_shape(parameter)->rank >= 2 && dot && strcmp(dot, ".weight") == 0;
}

/* 1 for each element of the slab that is a weight's, else 0. */
static cg_node *record_mask(cg_graph *graph, const cg_shape *slab)
{
    double *values = cg_alloc((size_t)cg_shape_size(slab), sizeof *values);
    if (!values) {
        cg_graph_fail(graph, CG_ENOMEM, "out of memory for the parameters that decay");
        return NULL;
    }
    int64_t at = 0;
    for (int id = 0; id < cg_graph_size(graph); id++) {
        const cg_node *node = cg_graph_node(graph, id);
        if (cg_node_kind_of(node) != CG_NODE_PARAMETER) continue;
        int64_t end = at + cg_shape_size(cg_node_shape(node));
        while (at < end) values[at++] = is_weight(node);
    }
    cg_node *mask = cg_constant_data(graph, *slab, values);
    cg_release(values);
    return mask;
}

/* ---- recording ------------------------------------------------------------------------------- */
static cg_node *record_scalar(cg_graph *graph, const char *owner, const char *what)
{
    char name[64];
    snprintf(name, sizeof name, "%s.%s", owner, what);
    return cg_input(graph, name, (cg_shape){ 0 });
}

typedef struct {
    cg_node *before[CG_MAX_SLOTS], *after[CG_MAX_SLOTS]; /* NULL: not in use */
} states;

static cg_node *record_step(const cg_spec *spec, cg_graph *graph, cg_node *gradient,
                            const cg_shape *slab, states *s, cg_node *scalars[])
{
    const cg_optimizer *o = spec->optimizer;
    char name[64];
    for (int i = 0; i < o->n_slots; i++) {
        if (!cg_optimizer_uses(o, spec->optimizer_attrs, i)) continue;
        snprintf(name, sizeof name, "%s.%s", o->name, o->slots[i]);
        s->before[i] = cg_state(graph, name, *slab);
    }
    for (int i = 0; i < o->n_scalars; i++)
        scalars[i] = record_scalar(graph, o->name, o->scalars[i]);
    return o->record(spec->optimizer_attrs, gradient, s->before, scalars, s->after);
}

cg_node *cg_record_update(const cg_spec *spec, cg_graph *graph, cg_node *gradient,
                          cg_node *scalars[CG_UPDATE_SCALARS])
{
    const cg_decay *decay = spec->decay;
    cg_node *slab = cg_parameter_slab(graph), *theta = slab;
    if (!slab) return NULL;
    const cg_shape *shape = cg_node_shape(slab);
    cg_node *mask = decay->decay ? record_mask(graph, shape) : NULL;
    if (spec->clip_value > 0) gradient = cg_clip_by_value(gradient, spec->clip_value);
    if (spec->clip_norm > 0) gradient = cg_clip_by_norm(gradient, spec->clip_norm);
    gradient = cg_decay_gradient(decay, gradient, slab, mask);
    states s = { .before = { NULL } };
    cg_node *step = record_step(spec, graph, gradient, shape, &s, scalars);
    if (decay->decoupled && decay->weight_decay != 0) {
        scalars[CG_SCALAR_SHRINK] = record_scalar(graph, "decay", "share");
        theta = cg_decay_weights(slab, scalars[CG_SCALAR_SHRINK], mask);
    }
    theta = cg_sub(theta, step);
    /* Parameters first: what a step reads of a state is then read before the state changes, which
     * can so be done in place. */
    cg_update(slab, theta);
    for (int i = 0; i < CG_MAX_SLOTS; i++)
        if (s.before[i]) cg_update(s.before[i], s.after[i]);
    return theta;
}

void cg_update_values(const cg_spec *spec, double lr, uint64_t update,
                      double values[CG_UPDATE_SCALARS])
{
    spec->optimizer->values(spec->optimizer_attrs, lr, update, values);
    values[CG_SCALAR_SHRINK] = lr * spec->decay->weight_decay;
}
