/* The frame of every pass: copy a graph node by node, letting the pass replace some. */
#include "engine/pass/pass.h"

#include "base/error.h"
#include "graph/graph.h"

#include <string.h>

bool cg_is(const cg_node *node, const char *op)
{
    return node->op && strcmp(node->op->name, op) == 0;
}

bool cg_is_filled(const cg_node *node, double *value)
{
    if (node->kind != CG_NODE_CONSTANT || node->data) return false;
    if (value) *value = node->value;
    return true;
}

static cg_node *copy_leaf(cg_graph *to, const cg_node *node)
{
    switch (node->kind) {
    case CG_NODE_INPUT:
        return cg_input(to, node->name, node->shape);
    case CG_NODE_PARAMETER:
        return cg_parameter(to, node->name, node->shape);
    case CG_NODE_STATE:
        return cg_state(to, node->name, node->shape);
    case CG_NODE_SLAB:
        return cg_parameter_slab(to);
    case CG_NODE_CONSTANT:
        return node->data ? cg_constant_data(to, node->shape, node->data)
                          : cg_constant(to, node->shape, node->value);
    case CG_NODE_OP:
        break;
    }
    return NULL;
}

static bool keeps(const cg_node *node, bool is_needed)
{
    return is_needed || node->kind == CG_NODE_INPUT || node->kind == CG_NODE_PARAMETER ||
           node->kind == CG_NODE_STATE;
}

typedef struct {
    cg_graph *to;
    const cg_graph *from;
    const cg_pass *pass;
    cg_node **map, **x; /* x: room for the inputs of one node */
    int *chain;         /* of a node that waits: so many wait one for the other up to it */
    bool *is_output, *settled;
} rewriting;

enum {
    LONGEST_CHAIN = 500, /* copying one that waited is recursive */
    SMALL = 1 << 13,     /* elements */
};

/* Does it take next to no time? */
static bool is_small(const cg_node *node)
{
    int64_t n = cg_shape_size(&node->shape);
    for (int i = 0; i < node->n_x; i++) n += cg_shape_size(&node->x[i]->shape);
    return n <= SMALL && (!node->op->flops || node->op->flops(node) <= SMALL);
}

/* May it be computed later than it was recorded?  What is done element by element costs least right
 * before the step that reads it; and what is small is best out of the way of steps that could run
 * together. */
static bool can_wait(const rewriting *r, const cg_node *node)
{
    int chain = 1;
    if (!r->pass || !r->pass->sinks || !node->op || r->is_output[node->id]) return false;
    if (!(node->op->traits & (CG_ELEMENTWISE | CG_VIEW)) && !is_small(node)) return false;
    for (int i = 0; i < node->n_x; i++)
        if (!r->map[node->x[i]->id] && r->chain[node->x[i]->id] >= chain)
            chain = r->chain[node->x[i]->id] + 1;
    r->chain[node->id] = chain;
    return chain < LONGEST_CHAIN;
}

static void copy_node(rewriting *r, const cg_node *node)
{
    for (int i = 0; i < node->n_x; i++)
        if (!r->map[node->x[i]->id]) copy_node(r, node->x[i]);
    if (r->to->error.status != CG_OK) return;
    r->to->label = node->label; /* lent until own_places makes them the copy's own */
    r->to->place = node->place;
    for (int i = 0; i < node->n_x; i++) r->x[i] = r->map[node->x[i]->id];
    cg_node **now = &r->map[node->id];
    if (!node->op)
        *now = copy_leaf(r->to, node);
    else if (!r->pass || !r->pass->visit || !(*now = r->pass->visit(r->to, node, r->x)))
        *now = cg_record(r->to, node->op, node->attrs, node->n_x, r->x);
}

/* Leaves, and what depends on settled ones alone. */
static void copy_settled(rewriting *r, const bool needed[])
{
    cg_settled(r->settled, r->from);
    for (int id = 0; id < r->from->n_nodes && r->to->error.status == CG_OK; id++) {
        const cg_node *node = r->from->node[id];
        if (keeps(node, needed[id]) && (!node->op || r->settled[id])) copy_node(r, node);
    }
}

static void copy_nodes(rewriting *r, const bool needed[], int n, cg_node *const outputs[])
{
    const cg_graph *from = r->from;
    for (int i = 0; i < n; i++) r->is_output[outputs[i]->id] = true;
    if (r->pass && r->pass->settles) copy_settled(r, needed);
    for (int id = 0; id < from->n_nodes && r->to->error.status == CG_OK; id++) {
        const cg_node *node = from->node[id];
        if (keeps(node, needed[id]) && !r->map[id] && !can_wait(r, node)) copy_node(r, node);
    }
    for (int i = 0; i < from->n_updates && r->to->error.status == CG_OK; i++) {
        const cg_update_pair *u = &from->update[i];
        if (!r->map[u->value->id]) copy_node(r, u->value);
        cg_update(r->map[u->leaf->id], r->map[u->value->id]);
    }
}

/* Copies the labels and file names that nodes carry into their own graph's arena. */
static bool own_places(cg_graph *graph)
{
    const char *label = NULL, *own_label = "", *file = NULL, *own_file = NULL;
    for (int id = 0; id < graph->n_nodes; id++) {
        cg_node *node = graph->node[id];
        if (node->label != label) { /* neighbours mostly share one */
            label = node->label;
            own_label = cg_arena_text(graph->arena, label);
        }
        if (node->place.file != file) {
            file = node->place.file;
            own_file = file ? cg_arena_text(graph->arena, file) : NULL;
        }
        if (!own_label || (file && !own_file)) return false;
        node->label = own_label;
        node->place.file = own_file;
    }
    graph->label = "";
    graph->place = (cg_place){ 0 };
    return true;
}

/* Everything that outputs and updates read. */
static bool *needed_with_updates(const cg_graph *graph, int n, cg_node *const outputs[])
{
    int n_roots = n + 2 * graph->n_updates, k = n;
    cg_node **roots = cg_alloc((size_t)n_roots + 1, sizeof *roots);
    if (!roots) return NULL;
    if (n) memcpy(roots, outputs, (size_t)n * sizeof *roots);
    for (int i = 0; i < graph->n_updates; i++) {
        roots[k++] = graph->update[i].leaf;
        roots[k++] = graph->update[i].value;
    }
    bool *needed = cg_graph_needed(graph, n_roots, roots);
    cg_release(roots);
    return needed;
}

cg_status cg_rewrite(cg_graph **to, const cg_graph *from, int n, cg_node *const outputs[],
                     const cg_pass *pass, cg_node *map[], cg_error *error)
{
    if (from->error.status != CG_OK) {
        if (error) *error = from->error;
        return from->error.status;
    }
    memset(map, 0, (size_t)from->n_nodes * sizeof *map);
    cg_graph *graph = cg_graph_new();
    cg_node **x = cg_alloc((size_t)cg_graph_widest(from), sizeof *x);
    bool *needed = needed_with_updates(from, n, outputs);
    int *chain = cg_alloc((size_t)from->n_nodes + 1, sizeof *chain);
    bool *is_output = cg_alloc((size_t)from->n_nodes + 1, sizeof *is_output);
    bool *settled = cg_alloc((size_t)from->n_nodes + 1, sizeof *settled);
    cg_status status = CG_ENOMEM;
    if (graph && x && needed && chain && is_output && settled) {
        rewriting r = { graph, from, pass, map, x, chain, is_output, settled };
        copy_nodes(&r, needed, n, outputs);
        status = graph->error.status;
        if (status == CG_OK && !own_places(graph)) status = CG_ENOMEM;
        if (graph->error.status != CG_OK && error) *error = graph->error;
    }
    cg_release(x);
    cg_release(needed);
    cg_release(chain);
    cg_release(is_output);
    cg_release(settled);
    if (status == CG_OK) {
        *to = graph;
        return CG_OK;
    }
    cg_graph_free(graph);
    return status == CG_ENOMEM ? cg_fail_nomem(error, "a copy of the graph") : status;
}
