/* Clipping, decay, the optimiser's step: recorded over the slab, element by element, so that the
 * engine makes one pass of it. */
#include "train/update.h"

#include "base/budget.h"
#include "base/memory.h"
#include "model/model.h"

#include <cnngraph/ops.h>

#include <math.h>
#include <stdio.h>

double cg_learning_rate(const cg_spec *spec, uint64_t update, int64_t per_epoch,
                        const double state[])
{
    double n = (double)per_epoch, epoch = (double)update / n, warmup = spec->warmup;
    if (epoch < warmup) return spec->lr * fmin(1, ((double)update + 1) / (warmup * n));
    if (!spec->schedule) return spec->lr;
    double epochs = (double)spec->epochs, rest = epochs > warmup ? epochs - warmup : 1;
    return spec->lr * spec->schedule->factor(spec->schedule_attrs, epoch - warmup, rest, state);
}

/* ---- what is not the same for all -------------------------------------------------------------
 */
/* The learning rate's factor of a parameter, 0 for one that is left out. */
static double factor_of(const cg_model *model, const char *parameter, bool with_rate,
                        bool weights_alone)
{
    const cg_leaf_plan *leaf = cg_model_leaf(model, parameter);
    if (!leaf || (weights_alone && !leaf->is_weight)) return !weights_alone;
    return with_rate ? leaf->rate : 1;
}

/* Whether any is not 1; they go to `values`, unless it is NULL. */
static bool list_factors(const cg_model *model, const cg_graph *graph, bool with_rate,
                         bool weights_alone, double values[])
{
    bool is_needed = false;
    int64_t at = 0;
    for (int id = 0; id < cg_graph_size(graph); id++) {
        const cg_node *node = cg_graph_node(graph, id);
        if (cg_node_kind_of(node) != CG_NODE_PARAMETER) continue;
        double factor = factor_of(model, cg_node_name(node), with_rate, weights_alone);
        int64_t end = at + cg_shape_size(cg_node_shape(node));
        is_needed = is_needed || factor != 1;
        while (values && at < end) values[at++] = factor;
    }
    return is_needed;
}

/* The factors of all elements of the slab; NULL where every one is 1. */
static cg_node *record_factors(const cg_model *model, const cg_node *slab, bool with_rate,
                               bool weights_alone)
{
    cg_graph *graph = cg_node_graph(slab);
    const cg_shape *shape = cg_node_shape(slab);
    cg_error error = { 0 };
    if (!list_factors(model, graph, with_rate, weights_alone, NULL)) return NULL;
    /* Here and in the graph. */
    int64_t bytes = 2 * (int64_t)sizeof(double) * cg_shape_size(shape);
    const char *what = "factors of the parameters";
    if (cg_budget_check(cg_model_spec(model)->data.budget, what, bytes, &error) != CG_OK) {
        cg_graph_fail(graph, CG_ELIMIT, "%s", error.message);
        return NULL;
    }
    double *values = cg_alloc((size_t)cg_shape_size(shape), sizeof *values);
    if (!values) {
        cg_graph_fail(graph, CG_ENOMEM, "out of memory for the %s", what);
        return NULL;
    }
    list_factors(model, graph, with_rate, weights_alone, values);
    cg_node *factors = cg_constant_data(graph, *shape, values);
    cg_release(values);
    return factors;
}

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

/* What the weights become: smaller where decay is decoupled, then a step further. */
static cg_node *record_move(const cg_model *model, cg_node *slab, cg_node *step, cg_node *scalars[])
{
    const cg_decay *decay = cg_model_spec(model)->decay;
    cg_node *theta = slab, *rates = record_factors(model, slab, true, false);
    if (decay->decoupled && decay->weight_decay != 0) {
        scalars[CG_SCALAR_SHRINK] = record_scalar(cg_node_graph(slab), "decay", "share");
        theta = cg_decay_weights(theta, scalars[CG_SCALAR_SHRINK],
                                 record_factors(model, slab, true, decay->decay));
    }
    return cg_sub(theta, rates ? cg_mul(rates, step) : step);
}

/* An average of the weights follows them. */
static void record_average(cg_node *slab, cg_node *theta, cg_node *scalars[])
{
    cg_graph *graph = cg_node_graph(slab);
    cg_node *average = cg_state(graph, CG_AVERAGE, *cg_node_shape(slab));
    scalars[CG_SCALAR_NEWEST] = record_scalar(graph, CG_AVERAGE, "newest");
    cg_update(average, cg_add(average, cg_mul(scalars[CG_SCALAR_NEWEST], cg_sub(theta, average))));
}

cg_node *cg_record_update(const cg_model *model, cg_graph *graph, cg_node *gradient,
                          cg_node *scalars[CG_UPDATE_SCALARS])
{
    const cg_spec *spec = cg_model_spec(model);
    const cg_decay *decay = spec->decay;
    cg_node *slab = cg_parameter_slab(graph);
    if (!slab || !gradient) return NULL;
    if (spec->clip_value > 0) gradient = cg_clip_by_value(gradient, spec->clip_value);
    if (spec->clip_norm > 0) gradient = cg_clip_by_norm(gradient, spec->clip_norm);
    gradient =
        cg_decay_gradient(decay, gradient, slab, record_factors(model, slab, false, decay->decay));
    states s = { .before = { NULL } };
    cg_node *step = record_step(spec, graph, gradient, cg_node_shape(slab), &s, scalars);
    cg_node *theta = record_move(model, slab, step, scalars);
    /* Parameters first: what a step reads of a state is then read before the state changes, which
     * can so be done in place. */
    cg_update(slab, theta);
    for (int i = 0; i < CG_MAX_SLOTS; i++)
        if (s.before[i]) cg_update(s.before[i], s.after[i]);
    if (spec->ema > 0) record_average(slab, theta, scalars);
    return theta;
}

cg_node *cg_record_accumulation(cg_graph *graph, cg_node *gradient, bool is_last,
                                cg_node *scalars[CG_UPDATE_SCALARS])
{
    if (!gradient) return NULL;
    cg_node *so_far = cg_state(graph, CG_ACCUMULATED, *cg_node_shape(gradient));
    scalars[CG_SCALAR_PART] = record_scalar(graph, CG_ACCUMULATED, "part");
    cg_node *sum = cg_add(so_far, cg_mul(scalars[CG_SCALAR_PART], gradient));
    cg_update(so_far, is_last ? cg_constant_like(so_far, 0) : sum);
    return sum;
}

/* Until the average's memory is full it is the mean of what all updates made; what the weights were
 * before the first is forgotten with it. */
void cg_update_values(const cg_spec *spec, double lr, uint64_t update, double part,
                      double values[CG_UPDATE_SCALARS])
{
    spec->optimizer->values(spec->optimizer_attrs, lr, update, values);
    values[CG_SCALAR_SHRINK] = lr * spec->decay->weight_decay;
    values[CG_SCALAR_NEWEST] = fmax(1 - spec->ema, 1 / ((double)update + 1));
    values[CG_SCALAR_PART] = part;
}
