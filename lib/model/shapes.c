/* Do the shapes fit?  Both modes are recorded once, on graphs that are thrown away. */
#include "model/data_files.h"
#include "model/model.h"

#include <stdio.h>
#include <string.h>

/* ---- messages ---------------------------------------------------------------------------------*/

enum { MAX_CHAIN = 7 };

/* The way to the layer, or to the loss of head `at` - n_layers: "image 1x28x28 > c1 6x14x14 > ... >
 * c2", without those that keep the shape. */
static const char *chain(cg_arena *arena, const cg_model *m, int at)
{
    bool is_loss = at >= m->n_layers;
    const char *text = is_loss ? "loss" : m->layer[at].name;
    int n = 0;
    for (int i = is_loss ? m->head[at - m->n_layers].layer : m->layer[at].input[0]; text;
         i = m->layer[i].input[0]) {
        const cg_layer_spec *s = &m->layer[i];
        char shape[CG_SHAPE_TEXT];
        bool is_same = i > 0 && cg_shape_equal(&s->shape, &m->layer[s->input[0]].shape);
        if (!is_same && ++n < MAX_CHAIN)
            text = cg_arena_printf(arena, "%s %s > %s", i ? s->name : "image",
                                   cg_shape_text(&s->shape, shape), text);
        if (!i) break;
    }
    return n < MAX_CHAIN || !text ? text : cg_arena_printf(arena, "... > %s", text);
}

/* The place of a key, else of the whole. */
static cg_mark mark_in(const cg_tree *keys, const char *key, cg_mark whole)
{
    const cg_tree *value = key ? cg_tree_find(keys, key) : NULL;
    return value ? value->mark : whole;
}

static cg_mark mark_of(const cg_layer_spec *spec, const char *key)
{
    return mark_in(spec->keys, key, spec->mark);
}

/* A message of an op begins with the op's name, which the layer's name replaces. */
static const char *without_op(const char *message, const char *type)
{
    size_t n = strlen(type);
    return !strncmp(message, type, n) && !strncmp(message + n, ": ", 2) ? message + n + 2 : message;
}

static void report(cg_model *m, const cg_builder *b, int at, cg_diagnostics *diagnostics)
{
    const cg_error *error = cg_graph_error(b->graph);
    if (error->status == CG_ENOMEM) {
        cg_diagnostics_no_memory(diagnostics);
        return;
    }
    const char *shapes = at ? chain(m->arena, m, at) : NULL;
    if (at >= m->n_layers) {
        const cg_head *h = &m->head[at - m->n_layers];
        cg_diagnose(diagnostics, mark_in(h->keys, b->bad_key, h->mark), shapes, b->help, "%s",
                    error->message);
        return;
    }
    const cg_layer_spec *spec = &m->layer[at];
    if (at == 0) {
        cg_diagnose(diagnostics, spec->mark, NULL, NULL, "%s", error->message);
        return;
    }
    cg_diagnose(diagnostics, mark_of(spec, b->bad_key), shapes, b->help, "%s '%s': %s", spec->type,
                spec->name, without_op(error->message, spec->type));
}

/* ---- what the layers cost ---------------------------------------------------------------------*/

/* Products of two inputs, as of conv2d and matmul: half their flops are multiply-adds. */
static int64_t macs_of(const cg_node *node)
{
    const cg_op *op = cg_node_op(node);
    bool is_product = op && op->flops && cg_node_arity(node) == 2 && !op->fixed &&
                      (op->traits & CG_LINEAR) && !(op->traits & CG_ELEMENTWISE);
    return is_product ? op->flops(node) / 2 : 0;
}

static bool is_parameter(const cg_model *m, const cg_node *node)
{
    const cg_leaf_plan *leaf =
        cg_node_kind_of(node) == CG_NODE_STATE ? cg_model_leaf(m, cg_node_name(node)) : NULL;
    return cg_node_kind_of(node) == CG_NODE_PARAMETER || (leaf && leaf->is_parameter);
}

/* The nodes of a layer carry its name; recording order is the layers' order. */
static void note_costs(cg_model *m, const cg_graph *graph)
{
    int at = 0;
    for (int i = 0; i < cg_graph_size(graph); i++) {
        const cg_node *node = cg_graph_node(graph, i);
        const char *label = cg_node_label(node);
        while (at < m->n_layers && strcmp(m->layer[at].name, label) != 0) at++;
        if (at == m->n_layers) return; /* the loss */
        if (is_parameter(m, node)) m->layer[at].parameters += cg_shape_size(cg_node_shape(node));
        m->layer[at].macs = cg_bounded_sum(m->layer[at].macs, macs_of(node));
    }
}

/* ---- both modes -------------------------------------------------------------------------------*/

/* The shapes of one sample, of the layers that were recorded. */
static void note_shapes(cg_model *m, cg_node *const outputs[])
{
    for (int k = 1; k < m->n_layers && outputs[k]; k++) {
        const cg_shape *s = cg_node_shape(outputs[k]);
        cg_shape *sample = &m->layer[k].shape;
        sample->rank = s->rank - 1;
        for (int i = 0; i < sample->rank; i++) sample->dim[i] = s->dim[i + 1];
    }
}

static bool walk(cg_model *m, bool training, int64_t batch, cg_diagnostics *diagnostics)
{
    cg_builder b = { .graph = cg_graph_new(), .arena = m->arena, .training = training };
    cg_node **outputs = cg_arena_alloc(m->arena, (size_t)m->n_layers, sizeof *outputs);
    cg_recording recording;
    int at;
    if (!b.graph || !outputs) {
        cg_graph_free(b.graph);
        cg_diagnostics_no_memory(diagnostics);
        return false;
    }
    cg_status status = cg_model_walk(m, &b, batch, outputs, &recording, &at);
    note_shapes(m, outputs);
    if (status != CG_OK) report(m, &b, at, diagnostics);
    if (status == CG_OK && !training) {
        m->leaves = b.leaves;
        note_costs(m, b.graph);
        m->spec.n_outputs = (int)cg_node_shape(recording.y)->dim[1];
        m->spec.n_targets = m->spec.data.target == CG_TARGET_CLASS ? 0 : m->spec.n_outputs;
    }
    cg_graph_free(b.graph);
    return status == CG_OK;
}

/* What is no class must fit the prediction. */
static void check_target(cg_model *m, cg_diagnostics *diagnostics)
{
    const cg_layer_spec *last = &m->layer[m->head[0].layer];
    long long columns = m->spec.n_outputs, values = cg_shape_size(&m->spec.input);
    if (m->spec.data.target == CG_TARGET_CLASS) return;
    if (m->spec.data.target == CG_TARGET_INPUT && columns != values)
        cg_diagnose(diagnostics, mark_of(last, "units"), chain(m->arena, m, m->n_layers),
                    cg_arena_printf(m->arena, "as many values as the input: %lld", values),
                    "%s '%s': %lld values for an input of %lld", last->type, last->name, columns,
                    values);
}

/* Every loss by class looks at a layer of its own. */
static void check_classes(cg_model *m, int classes, cg_diagnostics *diagnostics)
{
    for (int i = 0; i < m->n_heads; i++) {
        const cg_layer_spec *last = &m->layer[m->head[i].layer];
        long long columns = cg_shape_size(&last->shape);
        bool is_one_for_two = columns == 1 && classes == 2;
        if (m->head[i].of_input || classes <= columns || is_one_for_two) continue;
        cg_diagnose(diagnostics, mark_of(last, "units"), chain(m->arena, m, m->n_layers + i),
                    cg_arena_printf(m->arena, "as many values as classes: %d", classes),
                    "%s '%s': %lld values for %d classes", last->type, last->name, columns,
                    classes);
    }
}

/* What the images are, when the file alone says it. */
static void check_data(cg_model *m, cg_diagnostics *diagnostics)
{
    const cg_data_spec *d = &m->spec.data;
    const cg_data_kind *source = cg_source_kind(d);
    int classes = d->classes ? d->n_classes : source ? source->n_classes : 0;
    if (source && !cg_shape_equal(&m->spec.input, &source->shape)) {
        char shape[CG_SHAPE_TEXT];
        const int64_t *dim = source->shape.dim;
        cg_diagnose(diagnostics, m->layer[0].mark, NULL,
                    cg_arena_printf(m->arena, "input: {shape: [%lld, %lld, %lld]}",
                                    (long long)dim[0], (long long)dim[1], (long long)dim[2]),
                    "input: images of %s are %s", d->source, cg_shape_text(&source->shape, shape));
    }
    check_target(m, diagnostics);
    if (d->target == CG_TARGET_CLASS) check_classes(m, classes, diagnostics);
}

void cg_model_check_shapes(cg_model *m, cg_diagnostics *diagnostics)
{
    if (!walk(m, false, 1, diagnostics)) return;
    if (!walk(m, true, m->spec.batch, diagnostics)) return;
    check_data(m, diagnostics);
    cg_model_check_augment(m, diagnostics);
    cg_model_check_loss(m, diagnostics);
    cg_model_check_learning(m, diagnostics);
}
