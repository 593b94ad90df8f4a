/* Recording an operation: arity, attributes, shape. */
#include "graph/graph.h"

#include "base/error.h"

#include <string.h>

/* A complete copy of the attributes in the graph's arena, or NULL with the graph in error. */
static const void *keep_attrs(cg_graph *graph, const cg_op *op, const void *attrs)
{
    void *copy = cg_arena_alloc(graph->arena, 1, op->attrs_size);
    if (!copy) {
        cg_graph_fail(graph, CG_ENOMEM, "%s: out of memory", op->name);
        return NULL;
    }
    if (attrs) memcpy(copy, attrs, op->attrs_size);
    cg_error error = { .status = CG_OK };
    if (cg_attrs_complete(op, copy, &error) == CG_OK) return copy;
    cg_graph_fail(graph, error.status, "%s", error.message);
    return NULL;
}

static bool inputs_fit(cg_graph *graph, const cg_op *op, int n, cg_node *const x[])
{
    int arity = cg_op_arity(op);
    if (arity >= 0 ? n != arity : n < 1) {
        cg_graph_fail(graph, CG_EUSAGE, "%s takes %s%d inputs (%s), got %d", op->name,
                      arity < 0 ? "at least " : "", arity < 0 ? 1 : arity, op->inputs, n);
        return false;
    }
    for (int i = 0; i < n; i++) {
        if (!x[i]) {
            cg_graph_fail(graph, CG_EUSAGE, "%s: input %d is NULL", op->name, i);
            return false;
        }
        if (x[i]->graph != graph) {
            cg_graph_fail(graph, CG_EUSAGE, "%s: input %d is of another graph", op->name, i);
            return false;
        }
    }
    return true;
}

cg_node *cg_record(cg_graph *graph, const cg_op *op, const void *attrs, int n, cg_node *const x[])
{
    if (!graph || graph->error.status != CG_OK || !inputs_fit(graph, op, n, x)) return NULL;
    cg_node node = { .graph = graph, .op = op, .kind = CG_NODE_OP, .n_x = n };
    if (op->attrs_size && !(node.attrs = keep_attrs(graph, op, attrs))) return NULL;
    node.x = cg_arena_alloc(graph->arena, (size_t)n, sizeof(cg_node *));
    if (!node.x) {
        cg_graph_fail(graph, CG_ENOMEM, "%s: out of memory", op->name);
        return NULL;
    }
    memcpy(node.x, x, (size_t)n * sizeof *x);
    cg_error error = { .status = CG_OK };
    if (op->shape(&node, &node.shape, &error) != CG_OK ||
        cg_shape_check(&node.shape, &error) != CG_OK) {
        cg_graph_fail(graph, error.status, "%s", error.message);
        return NULL;
    }
    return cg_graph_append(graph, &node);
}

/* A NULL input follows from an earlier failure, which its graph remembers; where the others' graph
 * is sound it is a mistake of its own, and cg_record says so. */
cg_node *cg_record1(const cg_op *op, const void *attrs, cg_node *x)
{
    return x ? cg_record(x->graph, op, attrs, 1, &x) : NULL;
}

cg_node *cg_record2(const cg_op *op, const void *attrs, cg_node *a, cg_node *b)
{
    const cg_node *there = a ? a : b;
    return there ? cg_record(there->graph, op, attrs, 2, (cg_node *[]){ a, b }) : NULL;
}

cg_node *cg_record3(const cg_op *op, const void *attrs, cg_node *a, cg_node *b, cg_node *c)
{
    const cg_node *there = a ? a : b ? b : c;
    return there ? cg_record(there->graph, op, attrs, 3, (cg_node *[]){ a, b, c }) : NULL;
}
