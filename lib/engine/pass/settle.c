/* settle: what a frozen program computes once comes first. */
#include "engine/pass/pass.h"

#include "graph/graph.h"

/* The slab is all parameters. */
static bool is_updated(const cg_graph *graph, const cg_node *leaf)
{
    for (int i = 0; i < graph->n_updates; i++) {
        const cg_node *other = graph->update[i].leaf;
        if (other == leaf || (other->kind == CG_NODE_SLAB && leaf->kind == CG_NODE_PARAMETER) ||
            (other->kind == CG_NODE_PARAMETER && leaf->kind == CG_NODE_SLAB))
            return true;
    }
    return false;
}

static bool is_settled(const cg_graph *graph, const cg_node *node, const bool settled[])
{
    if (!node->op) return node->kind != CG_NODE_INPUT && !is_updated(graph, node);
    bool all = !(node->op->traits & CG_RANDOM);
    for (int i = 0; i < node->n_x; i++) all = all && settled[node->x[i]->id];
    return all;
}

void cg_settled(bool settled[], const cg_graph *graph)
{
    for (int id = 0; id < graph->n_nodes; id++)
        settled[id] = is_settled(graph, graph->node[id], settled);
}
