/* Reverse-mode differentiation: walks the recording backwards and records the gradient with the
 * same operations, so that gradients have gradients and one compiler serves all.
 *
 * Recording order is a topological order, so no sort is needed: when node v is reached, every node
 * that uses it has already added to its adjoint bar[v].  A. Griewank, A. Walther, "Evaluating
 * Derivatives", 2nd ed., section 3.2. */
#include "graph/graph.h"

#include <cnngraph/ops.h>

#include <string.h>

/* live[v]: node v depends on some wrt. */
static void mark_dependents(const cg_graph *graph, int n_nodes, int n, cg_node *const wrt[],
                            bool live[])
{
    for (int i = 0; i < n; i++) live[wrt[i]->id] = true;
    for (int v = 0; v < n_nodes; v++)
        for (int i = 0; i < graph->node[v]->n_x; i++)
            if (live[graph->node[v]->x[i]->id]) live[v] = true;
}

static void add_to(cg_node **bar, cg_node *dx)
{
    *bar = *bar ? cg_add(*bar, dx) : dx;
}

/* Records the adjoints of node's inputs; false with the graph in error. */
static bool step_back(cg_node *node, cg_node *bar[], const bool live[], cg_node *dx[],
                      cg_vjp_hook *hook, void *context)
{
    cg_graph *graph = node->graph;
    char want[CG_SHAPE_TEXT], have[CG_SHAPE_TEXT];
    if (!node->op->vjp) {
        cg_graph_fail(graph, CG_ENOGRAD, "%s has no gradient", node->op->name);
        return false;
    }
    memset(dx, 0, (size_t)node->n_x * sizeof *dx);
    node->op->vjp(node, bar[node->id], dx);
    if (graph->error.status != CG_OK) return false;
    if (hook) hook(context, node, bar[node->id], dx);
    for (int i = 0; i < node->n_x; i++) {
        cg_node *x = node->x[i];
        if (!dx[i] || !live[x->id] || (node->op->fixed >> i & 1)) continue;
        if (!cg_shape_equal(&dx[i]->shape, &x->shape)) {
            cg_graph_fail(graph, CG_EINTERNAL, "the vjp of %s gives %s for input %d of %s",
                          node->op->name, cg_shape_text(&dx[i]->shape, have), i,
                          cg_shape_text(&x->shape, want));
            return false;
        }
        add_to(&bar[x->id], dx[i]);
    }
    return graph->error.status == CG_OK;
}

static void walk_back(cg_graph *graph, int n_nodes, const bool live[], cg_node *bar[],
                      cg_node *dx[], cg_vjp_hook *hook, void *context)
{
    const char *label = graph->label;
    cg_place place = graph->place;
    graph->live = live;
    for (int v = n_nodes - 1; v >= 0; v--) {
        cg_node *node = graph->node[v];
        if (!node->op || !bar[v] || !live[v]) continue;
        graph->label = node->label; /* a gradient belongs to the layer of what it differentiates */
        graph->place = node->place;
        if (!step_back(node, bar, live, dx, hook, context)) break;
    }
    graph->live = NULL;
    graph->label = label;
    graph->place = place;
}

cg_status cg_gradient_hooked(cg_node *y, cg_node *dy, int n, cg_node *const wrt[], cg_node *grad[],
                             cg_vjp_hook *hook, void *context)
{
    for (int i = 0; i < n; i++) grad[i] = NULL;
    if (!y) return CG_EUSAGE;
    cg_graph *graph = y->graph;
    if (graph->error.status != CG_OK) return graph->error.status;
    for (int i = 0; i < n; i++)
        if (!wrt[i] || wrt[i]->graph != graph)
            return cg_graph_fail(graph, CG_EUSAGE,
                                 "cg_gradient: wrt[%d] is not a node of y's graph", i);
    if (dy && !cg_shape_equal(&dy->shape, &y->shape))
        return cg_graph_fail(graph, CG_ESHAPE, "cg_gradient: dy must have the shape of y");
    if (!dy) dy = cg_constant_like(y, 1);

    int n_nodes = y->id + 1, n_all = graph->n_nodes;
    for (int i = 0; i < n; i++)
        if (wrt[i]->id >= n_nodes)
            n_nodes = wrt[i]->id + 1; /* y cannot depend on it, but it needs a place */
    cg_node **bar = cg_alloc((size_t)n_all, sizeof *bar);
    cg_node **dx = cg_alloc((size_t)cg_graph_widest(graph), sizeof *dx);
    bool *live = cg_alloc((size_t)n_all, sizeof *live);
    if (bar && dx && live) {
        mark_dependents(graph, n_nodes, n, wrt, live);
        bar[y->id] = dy;
        walk_back(graph, y->id + 1, live, bar, dx, hook, context);
        for (int i = 0; i < n; i++)
            grad[i] = bar[wrt[i]->id] ? bar[wrt[i]->id] : cg_constant_like(wrt[i], 0);
    } else {
        cg_graph_fail(graph, CG_ENOMEM, "cg_gradient: out of memory");
    }
    cg_release(bar);
    cg_release(dx);
    cg_release(live);
    return graph->error.status;
}

cg_status cg_gradient(cg_node *y, cg_node *dy, int n, cg_node *const wrt[], cg_node *grad[])
{
    return cg_gradient_hooked(y, dy, n, wrt, grad, NULL, NULL);
}
