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

/* The mean of the losses by both labels, weighted as the images were mixed: for a cross-entropy
 * that is the loss by the mixed label. */
static cg_node *mix(const cg_head *h, const cg_recording *r, cg_node *y, cg_node *losses)
{
    cg_node *other = h->loss->record(h->attrs, y, r->partners);
    return cg_add(losses, cg_mul(r->shares, cg_sub(other, losses)));
}

/* What is no class has as many columns as the prediction. */
static cg_node *target_of(const cg_head *h, cg_graph *graph, cg_recording *out, cg_node *y)
{
    if (h->of_input) return cg_flatten(out->x);
    if (!out->labels && y) out->labels = cg_input(graph, "labels", *cg_node_shape(y));
    return out->labels;
}

/* The losses of y, which must be batch x K, with as many columns as the loss wants. */
static cg_node *record_head(const cg_head *h, cg_graph *graph, cg_recording *out, cg_node *y)
{
    char text[CG_SHAPE_TEXT];
    cg_node *t = target_of(h, graph, out, y);
    if (!y || !t) return NULL;
    const cg_shape *s = cg_node_shape(y);
    if (s->rank != 2)
        cg_graph_fail(graph, CG_ESHAPE, "the prediction is %s, not one axis of values",
                      cg_sample_text(y, text));
    else if (s->dim[1] < h->loss->least_columns)
        cg_graph_fail(graph, CG_ESHAPE, "%s needs a prediction of at least %d values, found %lld",
                      h->loss->name, h->loss->least_columns, (long long)s->dim[1]);
    if (cg_graph_status(graph) != CG_OK) return NULL;
    cg_node *losses = h->loss->record(h->attrs, y, t);
    if (out->partners && !h->of_input) losses = mix(h, out, y, losses);
    return h->weight == 1 ? losses : cg_scale(losses, h->weight);
}

/* The weighted sum of all losses; the first is that of the prediction. */
static void record_losses(const cg_model *model, cg_graph *graph, cg_node *const outputs[],
                          cg_recording *out)
{
    for (int i = 0; i < model->n_heads; i++) {
        const cg_head *h = &model->head[i];
        bool is_class = !h->of_input && model->spec.data.target == CG_TARGET_CLASS;
        cg_graph_at(graph, cg_mark_place(h->mark), "loss");
        cg_node *y = is_class ? outputs[h->layer] : cg_flatten(outputs[h->layer]);
        if (i == 0) out->y = y;
        cg_node *losses = record_head(h, graph, out, y);
        out->losses = i == 0 ? losses : cg_add(out->losses, losses);
    }
    out->loss = cg_mean(out->losses, 0, false);
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
    if (model->spec.data.target == CG_TARGET_CLASS)
        recording->labels = cg_input(graph, "labels", CG_SHAPE(batch));
    if (b->training && cg_augment_mixes(&model->spec.data)) {
        recording->partners = cg_input(graph, "partners", CG_SHAPE(batch));
        recording->shares = cg_input(graph, "shares", CG_SHAPE(batch));
    }
    for (*at = 1; *at < model->n_layers; ++*at) {
        if (cg_graph_status(graph) != CG_OK) return cg_graph_status(graph);
        outputs[*at] = record_layer(model, b, &model->layer[*at], outputs);
        if (cg_graph_status(graph) != CG_OK) return cg_graph_status(graph);
    }
    record_losses(model, graph, outputs, recording);
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
