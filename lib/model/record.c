/* Recording a model's layers as a graph. */
#include "model/model.h"

#include "data/augment/augment.h"

#include <cnngraph/ops.h>

/* One layer over what its inputs gave; NULL once the graph is in error. */
static cg_node *record_layer(const cg_model *model, cg_builder *b, const cg_layer_spec *spec,
                             cg_node *const output[])
{
    cg_node **x = cg_arena_alloc(b->arena, (size_t)spec->n_inputs, sizeof(cg_node *));
    if (!x) {
        cg_graph_fail(b->graph, CG_ENOMEM, "out of memory recording %s", spec->name);
        return NULL;
    }
    for (int i = 0; i < spec->n_inputs; i++) x[i] = output[spec->input[i]];
    b->name = spec->name;
    b->share = spec->share ? model->layer[spec->share].name : NULL;
    b->n_shared = 0;
    cg_graph_at(b->graph, cg_mark_place(spec->mark), spec->name);
    const bool training = b->training;
    b->rate = spec->rate;
    b->is_frozen = spec->is_frozen;
    b->training = training && !spec->is_frozen;
    cg_node *y = spec->op ? cg_record1(spec->op, spec->attrs, x[0])
                          : spec->layer->record(b, spec->attrs, spec->n_inputs, x);
    b->training = training;
    return y && b->share && !b->n_shared ? cg_layer_fail(b, "share", "leave `share` out",
                                                         "it has no parameters that it could share")
                                         : y;
}

static cg_shape with_batch(const cg_shape *sample, int64_t batch)
{
    cg_shape shape = { .rank = sample->rank + 1, .dim = { batch } };
    for (int i = 0; i < sample->rank; i++) shape.dim[i + 1] = sample->dim[i];
    return shape;
}

/* ---- losses -----------------------------------------------------------------------------------*/

/* What labels make of a prediction: the losses of its images, and the weights of their classes. */
typedef struct {
    cg_node *losses, *weights; /* N each; weights NULL: all count the same */
} verdict;

static verdict judge(const cg_head *h, cg_node *y, cg_node *labels)
{
    const cg_weights *w = cg_class_weights(h->loss, h->attrs);
    return (verdict){ h->loss->record(h->attrs, y, labels), w ? cg_weights_of(w, labels) : NULL };
}

static cg_node *between(cg_node *own, cg_node *other, cg_node *share)
{
    return cg_add(own, cg_mul(share, cg_sub(other, own)));
}

/* The mean of the losses by both targets, weighted as the images were mixed: for a cross-entropy
 * that is the loss by the mixed label, and so it is for a square but for a constant. */
static verdict mix(const cg_head *h, const cg_recording *r, cg_node *y, verdict own)
{
    verdict other = judge(h, y, r->partners);
    own.losses = between(own.losses, other.losses, r->shares);
    if (own.weights) own.weights = between(own.weights, other.weights, r->shares);
    return own;
}

/* So that the mean of the losses over the images is their sum over the sum of the weights; a batch
 * of no weight loses nothing. */
static cg_node *normalise(const cg_recording *out, int head, verdict v)
{
    if (!v.weights) return v.losses;
    if (out->norms)
        return cg_mul(v.losses,
                      cg_slice(out->norms, (int64_t[CG_MAX_RANK]){ head }, CG_SHAPE(1), NULL));
    double n = (double)cg_node_shape(v.weights)->dim[0];
    cg_node *sum = cg_sum(v.weights, 0, false), *nothing = cg_constant_like(sum, 0);
    cg_node *count = cg_scale(cg_greater(sum, nothing), n);
    return cg_mul(v.losses, cg_div(count, cg_maximum(sum, cg_constant_like(sum, 1e-30))));
}

/* What is no class has as many columns as the prediction. */
static cg_node *target_of(const cg_head *h, cg_graph *graph, cg_recording *out, cg_node *y)
{
    if (h->of_input) return cg_flatten(out->x);
    if (!out->labels && y) {
        out->labels = cg_input(graph, "labels", *cg_node_shape(y));
        if (out->shares) out->partners = cg_input(graph, "partners", *cg_node_shape(y));
    }
    return out->labels;
}

/* Weights are those of the columns. */
static bool fit_weights(const cg_head *h, cg_builder *b, int64_t columns)
{
    const char *key = cg_weighing_keys[h->loss->weighs];
    const cg_weights *w = key ? h->attrs : NULL;
    bool is_one_for_all = w && w->n == 1 && h->loss->weighs == CG_WEIGHS_ONES;
    if (!w || !w->n || w->n == columns || is_one_for_all) return true;
    cg_layer_fail(b, key, "one for each, or `balanced`", "%s: %lld weights for %lld %s",
                  h->loss->name, (long long)w->n, (long long)columns,
                  h->loss->weighs == CG_WEIGHS_ONES ? "columns" : "classes");
    return false;
}

/* y must be batch x K, with as many columns as the loss wants, and t has where it is no class. */
static bool fits(const cg_head *h, cg_builder *b, const cg_node *y, const cg_node *t)
{
    static const char help[] = "`flatten` and `dense` make one value a class";
    char text[CG_SHAPE_TEXT];
    const cg_shape *s = cg_node_shape(y), *target = cg_node_shape(t);
    if (s->rank != 2)
        cg_layer_fail(b, NULL, help, "the prediction is %s, not one axis of values",
                      cg_sample_text(y, text));
    else if (s->dim[1] < h->loss->least_columns)
        cg_layer_fail(b, NULL, help, "%s needs a prediction of at least %d values, found %lld",
                      h->loss->name, h->loss->least_columns, (long long)s->dim[1]);
    else if (target->rank == 2 && target->dim[1] != s->dim[1])
        cg_layer_fail(b, NULL, "a layer that gives as many values as are compared with",
                      "%s compares with %lld values%s, the prediction has %lld", h->loss->name,
                      (long long)target->dim[1],
                      h->of_input ? ", those of the input" : " as the first loss does",
                      (long long)s->dim[1]);
    else
        return fit_weights(h, b, s->dim[1]);
    return false;
}

static cg_node *record_head(const cg_model *model, int head, cg_builder *b, cg_recording *out,
                            cg_node *y)
{
    const cg_head *h = &model->head[head];
    cg_node *t = target_of(h, b->graph, out, y);
    if (!y || !t || !fits(h, b, y, t)) return NULL;
    verdict v = judge(h, y, t);
    if (out->shares && !h->of_input) v = mix(h, out, y, v);
    cg_node *losses = normalise(out, head, v);
    return h->weight == 1 ? losses : cg_scale(losses, h->weight);
}

/* The weighted sum of all losses; the first is that of the prediction. */
static void record_losses(const cg_model *model, cg_builder *b, cg_node *const outputs[],
                          cg_recording *out, int *at)
{
    for (int i = 0; i < model->n_heads && cg_graph_status(b->graph) == CG_OK; i++) {
        const cg_head *h = &model->head[i];
        bool is_class = !h->of_input && model->spec.data.target == CG_TARGET_CLASS;
        *at = model->n_layers + i;
        cg_graph_at(b->graph, cg_mark_place(h->mark), "loss");
        cg_node *y = is_class ? outputs[h->layer] : cg_flatten(outputs[h->layer]);
        if (i == 0) out->y = y;
        cg_node *losses = record_head(model, i, b, out, y);
        out->losses = i == 0 ? losses : cg_add(out->losses, losses);
    }
    out->loss = cg_mean(out->losses, 0, false);
}

static bool has_class_weights(const cg_model *model)
{
    for (int i = 0; i < model->n_heads; i++)
        if (cg_class_weights(model->head[i].loss, model->head[i].attrs)) return true;
    return false;
}

cg_status cg_model_walk(const cg_model *model, cg_builder *b, int64_t batch, cg_node *outputs[],
                        cg_recording *recording, int *at)
{
    cg_graph *graph = b->graph;
    const cg_layer_spec *input = &model->layer[0];
    *recording = (cg_recording){ 0 };
    *at = 0;
    cg_graph_at(graph, cg_mark_place(input->mark), input->name);
    outputs[0] = recording->x = cg_input(graph, "x", with_batch(&input->shape, batch));
    bool is_class = model->spec.data.target == CG_TARGET_CLASS;
    bool is_mixed = b->training && cg_augment_mixes(&model->spec.data);
    if (is_class) recording->labels = cg_input(graph, "labels", CG_SHAPE(batch));
    if (is_class && is_mixed) recording->partners = cg_input(graph, "partners", CG_SHAPE(batch));
    if (is_mixed) recording->shares = cg_input(graph, "shares", CG_SHAPE(batch));
    if (!b->training && has_class_weights(model))
        recording->norms = cg_input(graph, "norms", CG_SHAPE(model->n_heads));
    if (cg_graph_status(graph) != CG_OK) return cg_graph_status(graph);
    for (*at = 1; *at < model->n_layers; ++*at) {
        outputs[*at] = record_layer(model, b, &model->layer[*at], outputs);
        if (cg_graph_status(graph) != CG_OK) return cg_graph_status(graph);
    }
    record_losses(model, b, outputs, recording, at);
    return cg_graph_status(graph);
}

cg_status cg_model_record(const cg_model *model, cg_graph *graph, cg_mode mode, int64_t batch,
                          cg_recording *recording, cg_error *error)
{
    int at;
    if (batch < 1) return cg_fail(error, CG_EUSAGE, "a batch of %lld", (long long)batch);
    cg_builder b = { .graph = graph, .arena = cg_arena_new(), .training = mode == CG_TRAINING };
    if (!b.arena) return cg_fail_nomem(error, "recording the model");
    cg_node **outputs = cg_arena_alloc(b.arena, (size_t)model->n_layers, sizeof *outputs);
    cg_status status = outputs ? cg_model_walk(model, &b, batch, outputs, recording, &at)
                               : cg_graph_fail(graph, CG_ENOMEM, "out of memory recording");
    if (status != CG_OK && error) *error = *cg_graph_error(graph);
    cg_arena_free(b.arena);
    return status;
}
