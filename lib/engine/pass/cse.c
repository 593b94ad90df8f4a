/* Common subexpressions: a node that repeats an earlier one is that one. */
#include "engine/pass/pass.h"

#include "graph/graph.h"

#include <string.h>

static bool same_inputs(const cg_node *a, cg_node *const x[])
{
    for (int i = 0; i < a->n_x; i++) {
        if (a->x[i] == x[i]) continue;
        double u, v; /* equal constants are equal inputs, wherever they were recorded */
        if (!cg_is_filled(a->x[i], &u) || !cg_is_filled(x[i], &v) ||
            /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): bits are meant, -0 is not 0 */
            memcmp(&u, &v, sizeof u) != 0 || !cg_shape_equal(&a->x[i]->shape, &x[i]->shape))
            return false;
    }
    return true;
}

cg_node *cg_cse_visit(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    for (int id = to->n_nodes - 1; id >= 0; id--) {
        cg_node *earlier = to->node[id];
        if (earlier->op == node->op && earlier->n_x == node->n_x && same_inputs(earlier, x) &&
            (!node->attrs || cg_attrs_equal(node->op, earlier->attrs, node->attrs)))
            return earlier;
    }
    return NULL;
}
