/* Numerically safe forms.  exp overflows and log(0) is not finite, so a logarithm behind a softmax
 * or a sigmoid is computed from the logits at once: log softmax(z)_k = z_k - max z - log sum exp(z
 * - max z) is finite for every finite z. */
#include "engine/pass/pass.h"

#include "graph/graph.h"

#include <cnngraph/ops.h>

static int64_t axis_of(const cg_node *softmax)
{
    int64_t axis = ((const cg_axis_attrs *)softmax->attrs)->axis;
    return axis < 0 ? axis + softmax->shape.rank : axis;
}

/* x: the inputs of the outer op; x[0] is the inner one.  NULL: the form does not apply. */
static cg_node *cce_of_softmax(cg_node *const x[])
{
    return axis_of(x[0]) == 1 ? cg_softmax_cross_entropy(x[0]->x[0], x[1]) : NULL;
}

static cg_node *bce_of_sigmoid(cg_node *const x[])
{
    return cg_bce_with_logits(x[0]->x[0], x[1]);
}

/* Of two classes, where 1 - p_0 = p_1: mean over k of t_k log p_k + (1 - t_k) log(1 - p_k) is the
 * sum over k of u_k log p_k with u_0 = (1 + t_0 - t_1) / 2 and u_1 likewise. */
static cg_node *bce_of_softmax(cg_node *const x[])
{
    cg_node *z = x[0]->x[0], *t = x[1];
    if (axis_of(x[0]) != 1 || z->shape.rank != 2 || z->shape.dim[1] != 2) return NULL;
    cg_node *u = cg_scale(cg_shift(cg_sub(t, cg_flip(t, CG_AXIS(1))), 1), 0.5);
    return cg_softmax_cross_entropy(z, u);
}

static cg_node *log_of_softmax(cg_node *const x[])
{
    return cg_log_softmax(x[0]->x[0], (int)axis_of(x[0]));
}

/* log(1 / (1 + exp(-z))) = -softplus(-z) */
static cg_node *log_of_sigmoid(cg_node *const x[])
{
    return cg_neg(cg_softplus(cg_neg(x[0]->x[0])));
}

static const struct {
    const char *outer, *inner;
    cg_node *(*form)(cg_node *const x[]);
} rules[] = {
    { "cce", "softmax", cce_of_softmax }, { "bce", "sigmoid", bce_of_sigmoid },
    { "bce", "softmax", bce_of_softmax }, { "log", "softmax", log_of_softmax },
    { "log", "sigmoid", log_of_sigmoid },
};

cg_node *cg_stabilise_visit(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    (void)to;
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        if (!cg_is(node, rules[r].outer) || !cg_is(x[0], rules[r].inner)) continue;
        cg_node *form = rules[r].form(x);
        if (form) return form;
    }
    return NULL;
}

/* Re-records within the one graph what lies between a replaced node and y. */
static cg_node *restate(cg_node *y, const bool needed[], cg_node *map[], cg_node *x[])
{
    cg_graph *graph = y->graph;
    for (int id = 0, last = y->id; id <= last; id++) {
        cg_node *node = map[id] = graph->node[id];
        bool has_changed = false;
        if (!needed[id] || !node->op) continue;
        for (int i = 0; i < node->n_x; i++) {
            x[i] = map[node->x[i]->id];
            has_changed = has_changed || x[i] != node->x[i];
        }
        graph->label = node->label;
        graph->place = node->place;
        cg_node *form = cg_stabilise_visit(graph, node, x);
        if (form)
            map[id] = form;
        else if (has_changed)
            map[id] = cg_record(graph, node->op, node->attrs, node->n_x, x);
        if (!map[id]) return NULL;
    }
    return map[y->id];
}

cg_node *cg_stabilise(cg_node *y)
{
    if (!y || y->graph->error.status != CG_OK) return NULL;
    cg_graph *graph = y->graph;
    const char *label = graph->label;
    cg_place place = graph->place;
    bool *needed = cg_graph_needed(graph, 1, &y);
    cg_node **map = cg_alloc((size_t)graph->n_nodes, sizeof *map);
    cg_node **x = cg_alloc((size_t)cg_graph_widest(graph), sizeof *x);
    cg_node *safe = NULL;
    if (needed && map && x)
        safe = restate(y, needed, map, x);
    else
        cg_graph_fail(graph, CG_ENOMEM, "cg_stabilise: out of memory");
    cg_release(needed);
    cg_release(map);
    cg_release(x);
    graph->label = label;
    graph->place = place;
    return safe;
}
