/* A model file around the layers that a test is about, recorded for training. */
#ifndef T_NN_RECORDED_H
#define T_NN_RECORDED_H

#include <cnngraph/model.h>
#include <cnngraph/program.h>

#include "graph/graph.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    cg_model *model;
    cg_graph *graph;
    cg_recording r;
} recorded;

static inline void recorded_free(recorded *m)
{
    cg_graph_free(m->graph);
    cg_model_free(m->model);
}

/* layers: a list, each line with 4 blanks and a dash but the first; shape: of one sample.  Behind
 * them come `flatten` and `dense`.  False after a message. */
static inline bool record_layers(recorded *m, const char *shape, const char *layers, cg_mode mode,
                                 int64_t batch)
{
    char text[4000];
    cg_error error = { 0 };
    int n =
        snprintf(text, sizeof text,
                 "cnngraph: 1\nmodel:\n  input: {shape: %s}\n  layers:\n    - %s\n    - flatten\n"
                 "    - dense: {name: last, units: 3}\n"
                 "loss: cross_entropy\noptimizer: sgd\ntrain: {epochs: 1, batch: 16}\n",
                 shape, layers);
    *m = (recorded){ .graph = cg_graph_new() };
    if (cg_model_parse(&m->model, "t", text, (size_t)n, 0, NULL, NULL, &error) == CG_OK &&
        cg_model_record(m->model, m->graph, mode, batch, &m->r, &error) == CG_OK)
        return true;
    printf("# %d:%d: %s\n", error.line, error.column, error.message);
    return false;
}

/* What the layer gives: its last node. */
static inline cg_node *output_of(const recorded *m, const char *layer)
{
    cg_node *last = NULL;
    for (int i = 0; i < cg_graph_size(m->graph); i++)
        if (!strcmp(cg_node_label(cg_graph_node(m->graph, i)), layer))
            last = cg_graph_node(m->graph, i);
    return last;
}

#endif
