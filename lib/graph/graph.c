/* Graphs, their leaves, and looking at both. */
#include "graph/graph.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

cg_graph *cg_graph_new(void)
{
    cg_graph *graph = cg_alloc(1, sizeof *graph);
    if (!graph) return NULL;
    graph->arena = cg_arena_new();
    graph->label = "";
    if (graph->arena) return graph;
    cg_release(graph);
    return NULL;
}

void cg_graph_free(cg_graph *graph)
{
    if (!graph) return;
    cg_arena_free(graph->arena);
    cg_release(graph->node);
    cg_release(graph->update);
    cg_release(graph);
}

cg_status cg_graph_status(const cg_graph *graph)
{
    return graph->error.status;
}

const cg_error *cg_graph_error(const cg_graph *graph)
{
    return &graph->error;
}

cg_status cg_graph_fail(cg_graph *graph, cg_status status, const char *format, ...)
{
    if (graph->error.status != CG_OK)
        return graph->error.status; /* the rest follows from the first */
    va_list ap;
    va_start(ap, format);
    cg_fail_va(&graph->error, status, graph->place, format, ap);
    va_end(ap);
    return status;
}

void cg_graph_at(cg_graph *graph, cg_place place, const char *label)
{
    graph->place = place;
    if (place.file) graph->place.file = cg_arena_text(graph->arena, place.file);
    graph->label = label ? cg_arena_text(graph->arena, label) : "";
    if (!graph->label || (place.file && !graph->place.file)) {
        graph->label = "";
        cg_graph_fail(graph, CG_ENOMEM, "out of memory recording a label");
    }
}

/* Room for one more in a growing array of pointers or pairs. */
static bool grow(void **items, int n, int *capacity, size_t size)
{
    if (n < *capacity) return true;
    int wider = *capacity ? 2 * *capacity : 64;
    void *grown = cg_resize(*items, (size_t)wider, size);
    if (!grown) return false;
    *items = grown;
    *capacity = wider;
    return true;
}

cg_node *cg_graph_append(cg_graph *graph, const cg_node *node)
{
    if (graph->error.status != CG_OK) return NULL;
    if (graph->n_nodes == CG_MAX_NODES) {
        cg_graph_fail(graph, CG_ELIMIT, "more than %d operations", CG_MAX_NODES);
        return NULL;
    }
    void *nodes = graph->node;
    bool has_room = grow(&nodes, graph->n_nodes, &graph->capacity, sizeof *graph->node);
    graph->node = nodes;
    cg_node *kept = has_room ? cg_arena_alloc(graph->arena, 1, sizeof *kept) : NULL;
    if (!kept) {
        cg_graph_fail(graph, CG_ENOMEM, "out of memory after %d nodes", graph->n_nodes);
        return NULL;
    }
    *kept = *node;
    kept->graph = graph;
    kept->id = graph->n_nodes;
    kept->label = graph->label;
    kept->place = graph->place;
    return graph->node[graph->n_nodes++] = kept;
}

/* ---- leaves --------------------------------------------------------------------------------- */

/* FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo). */
static uint64_t hash_of(const char *name)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (const char *p = name; *p; p++) h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    return h;
}

static cg_node *leaf(cg_graph *graph, cg_node_kind kind, const char *name, const cg_shape *shape)
{
    if (!graph || graph->error.status != CG_OK) return NULL;
    if (!name) {
        cg_graph_fail(graph, CG_EUSAGE, "a leaf needs a name");
        return NULL;
    }
    cg_error error = { .status = CG_OK };
    if (cg_shape_check(shape, &error) != CG_OK) {
        cg_graph_fail(graph, error.status, "%s: %s", name, error.message);
        return NULL;
    }
    if (*name && cg_graph_find(graph, name)) {
        cg_graph_fail(graph, CG_EUSAGE, "the name '%s' is taken by another leaf", name);
        return NULL;
    }
    cg_node node = { .kind = kind, .shape = *shape, .name = cg_arena_text(graph->arena, name) };
    if (!node.name) {
        cg_graph_fail(graph, CG_ENOMEM, "out of memory recording '%s'", name);
        return NULL;
    }
    node.hash = hash_of(name);
    cg_node **list = &graph->named[node.hash % CG_NAME_LISTS];
    node.earlier = *list;
    cg_node *kept = cg_graph_append(graph, &node);
    if (kept && *name) *list = kept;
    return kept;
}

cg_node *cg_input(cg_graph *graph, const char *name, cg_shape shape)
{
    return leaf(graph, CG_NODE_INPUT, name, &shape);
}

cg_node *cg_parameter(cg_graph *graph, const char *name, cg_shape shape)
{
    if (graph && graph->slab) {
        cg_graph_fail(graph, CG_EUSAGE, "parameter '%s' comes after cg_parameter_slab", name);
        return NULL;
    }
    return leaf(graph, CG_NODE_PARAMETER, name, &shape);
}

cg_node *cg_state(cg_graph *graph, const char *name, cg_shape shape)
{
    return leaf(graph, CG_NODE_STATE, name, &shape);
}

cg_node *cg_constant(cg_graph *graph, cg_shape shape, double value)
{
    cg_node *node = leaf(graph, CG_NODE_CONSTANT, "", &shape);
    if (node) node->value = value;
    return node;
}

cg_node *cg_constant_like(cg_node *node, double value)
{
    return node ? cg_constant(node->graph, node->shape, value) : NULL;
}

cg_node *cg_constant_data(cg_graph *graph, cg_shape shape, const double data[])
{
    cg_node *node = leaf(graph, CG_NODE_CONSTANT, "", &shape);
    if (!node) return NULL;
    size_t n = (size_t)cg_shape_size(&shape);
    double *copy = cg_arena_alloc(graph->arena, n, sizeof *copy);
    if (!copy) {
        cg_graph_fail(graph, CG_ENOMEM, "out of memory for a constant of %zu elements", n);
        return NULL;
    }
    node->data = memcpy(copy, data, n * sizeof *copy);
    return node;
}

cg_node *cg_parameter_slab(cg_graph *graph)
{
    if (!graph || graph->error.status != CG_OK) return NULL;
    if (graph->slab) return graph->slab;
    int64_t size = 0;
    for (int i = 0; i < graph->n_nodes; i++) {
        const cg_node *node = graph->node[i];
        if (node->kind == CG_NODE_PARAMETER &&
            !cg_add_ok(size, cg_shape_size(&node->shape), &size)) {
            cg_graph_fail(graph, CG_ELIMIT, "too many parameters");
            return NULL;
        }
    }
    if (size == 0) {
        cg_graph_fail(graph, CG_EUSAGE, "cg_parameter_slab: the graph has no parameters");
        return NULL;
    }
    cg_shape shape = CG_SHAPE(size);
    return graph->slab = leaf(graph, CG_NODE_SLAB, "", &shape);
}

/* Two leaves with memory in common: the slab is all parameters. */
static bool overlap(const cg_node *a, const cg_node *b)
{
    return a == b || (a->kind == CG_NODE_SLAB && b->kind == CG_NODE_PARAMETER) ||
           (b->kind == CG_NODE_SLAB && a->kind == CG_NODE_PARAMETER);
}

cg_status cg_update(cg_node *target, cg_node *value)
{
    if (!target || !value) {
        cg_node *there = target ? target : value;
        return there ? cg_graph_fail(there->graph, CG_EUSAGE, "cg_update: a node is NULL")
                     : CG_EUSAGE;
    }
    cg_graph *graph = target->graph;
    if (graph->error.status != CG_OK) return graph->error.status;
    char have[CG_SHAPE_TEXT], want[CG_SHAPE_TEXT];
    if (value->graph != graph)
        return cg_graph_fail(graph, CG_EUSAGE, "cg_update: the value is of another graph");
    if (target->kind != CG_NODE_STATE && target->kind != CG_NODE_PARAMETER &&
        target->kind != CG_NODE_SLAB)
        return cg_graph_fail(graph, CG_EUSAGE,
                             "cg_update: only states and parameters can be updated");
    if (cg_shape_size(&target->shape) != cg_shape_size(&value->shape))
        return cg_graph_fail(graph, CG_ESHAPE, "cg_update: '%s' is %s, its new value %s",
                             target->name, cg_shape_text(&target->shape, want),
                             cg_shape_text(&value->shape, have));
    for (int i = 0; i < graph->n_updates; i++)
        if (overlap(graph->update[i].leaf, target))
            return cg_graph_fail(graph, CG_EUSAGE, "cg_update: '%s' is updated twice",
                                 target->name);
    void *updates = graph->update;
    bool has_room =
        grow(&updates, graph->n_updates, &graph->update_capacity, sizeof *graph->update);
    graph->update = updates;
    if (!has_room) return cg_graph_fail(graph, CG_ENOMEM, "out of memory recording an update");
    graph->update[graph->n_updates++] = (cg_update_pair){ target, value };
    return CG_OK;
}

/* ---- looking -------------------------------------------------------------------------------- */

const cg_shape *cg_node_shape(const cg_node *node)
{
    static const cg_shape scalar = { .dim = { 1, 1, 1, 1, 1, 1, 1, 1 } };
    return node ? &node->shape : &scalar;
}

cg_node *cg_node_input(const cg_node *node, int i)
{
    return i >= 0 && i < node->n_x ? node->x[i] : NULL;
}

int cg_node_arity(const cg_node *node)
{
    return node->n_x;
}

const void *cg_node_attrs(const cg_node *node)
{
    return node->attrs;
}

const cg_op *cg_node_op(const cg_node *node)
{
    return node->op;
}

cg_graph *cg_node_graph(const cg_node *node)
{
    return node->graph;
}

cg_node_kind cg_node_kind_of(const cg_node *node)
{
    return node->kind;
}

int cg_node_id(const cg_node *node)
{
    return node->id;
}

const char *cg_node_name(const cg_node *node)
{
    return node->name ? node->name : "";
}

const char *cg_node_label(const cg_node *node)
{
    return node->label;
}

cg_place cg_node_place(const cg_node *node)
{
    return node->place;
}

int cg_graph_size(const cg_graph *graph)
{
    return graph->n_nodes;
}

cg_node *cg_graph_node(const cg_graph *graph, int id)
{
    return id >= 0 && id < graph->n_nodes ? graph->node[id] : NULL;
}

cg_node *cg_graph_find(const cg_graph *graph, const char *name)
{
    const uint64_t hash = hash_of(name);
    cg_node *leaf = *name ? graph->named[hash % CG_NAME_LISTS] : NULL;
    while (leaf && (leaf->hash != hash || strcmp(leaf->name, name) != 0)) leaf = leaf->earlier;
    return leaf;
}

bool *cg_graph_needed(const cg_graph *graph, int n, cg_node *const outputs[])
{
    bool *needed = cg_alloc((size_t)graph->n_nodes + 1, sizeof *needed);
    if (!needed) return NULL;
    for (int i = 0; i < n; i++) needed[outputs[i]->id] = true;
    for (int id = graph->n_nodes - 1; id >= 0; id--) {
        if (n == 0) needed[id] = true;
        for (int i = 0; needed[id] && i < graph->node[id]->n_x; i++)
            needed[graph->node[id]->x[i]->id] = true;
    }
    return needed;
}

int cg_graph_widest(const cg_graph *graph)
{
    int n = 1;
    for (int id = 0; id < graph->n_nodes; id++)
        if (graph->node[id]->n_x > n) n = graph->node[id]->n_x;
    return n;
}
