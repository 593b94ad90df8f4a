/* Folding: constants are computed now, and what changes nothing is left out. */
#include "engine/pass/pass.h"

#include "graph/graph.h"

#include <string.h>

enum { MAX_FOLDED = 4096 }; /* elements: larger constants are cheaper to compute than to keep */

/* The value of an op on constants, through its reference; NULL when out of memory. */
static double *evaluate(const cg_node *node, const cg_shape *ys, int n, const cg_shape *const xs[],
                        const double *const x[])
{
    double *y = cg_alloc((size_t)cg_shape_size(ys), sizeof *y);
    cg_ref_call call = { .attrs = node->attrs, .n_x = n, .xs = xs, .x = x, .ys = ys, .y = y };
    if (y) node->op->reference(&call);
    return y;
}

/* Element by element on constants of one value each: one element tells all. */
static cg_node *fold_filled(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    static const cg_shape scalar = { .rank = 0 };
    double value[CG_MAX_INPUTS];
    const double *at[CG_MAX_INPUTS];
    const cg_shape *xs[CG_MAX_INPUTS];
    for (int i = 0; i < node->n_x; i++) {
        if (!cg_is_filled(x[i], &value[i])) return NULL;
        at[i] = &value[i];
        xs[i] = &scalar;
    }
    double *y = evaluate(node, &scalar, node->n_x, xs, at);
    cg_node *folded = y ? cg_constant(to, node->shape, *y) : NULL;
    cg_release(y);
    return folded;
}

static double *contents(const cg_node *constant)
{
    size_t n = (size_t)cg_shape_size(&constant->shape);
    double *v = cg_alloc(n, sizeof *v);
    for (size_t i = 0; v && i < n; i++) v[i] = constant->data ? constant->data[i] : constant->value;
    return v;
}

static cg_node *fold_data(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    double *v[CG_MAX_INPUTS] = { 0 };
    const double *at[CG_MAX_INPUTS];
    const cg_shape *xs[CG_MAX_INPUTS];
    bool has_all = true;
    for (int i = 0; i < node->n_x; i++) {
        at[i] = v[i] = contents(x[i]);
        xs[i] = &x[i]->shape;
        has_all = has_all && v[i];
    }
    double *y = has_all ? evaluate(node, &node->shape, node->n_x, xs, at) : NULL;
    cg_node *folded = y ? cg_constant_data(to, node->shape, y) : NULL;
    for (int i = 0; i < node->n_x; i++) cg_release(v[i]);
    cg_release(y);
    return folded;
}

static bool is_small(const cg_node *node, cg_node *const x[])
{
    if (cg_shape_size(&node->shape) > MAX_FOLDED) return false;
    for (int i = 0; i < node->n_x; i++)
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): no input is NULL */
        if (x[i]->kind != CG_NODE_CONSTANT || cg_shape_size(&x[i]->shape) > MAX_FOLDED)
            return false;
    return true;
}

static cg_node *fold_constant(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    double value;
    if ((node->op->traits & CG_RANDOM) || node->n_x > CG_MAX_INPUTS) return NULL;
    if (((node->op->traits & CG_VIEW) || cg_is(node, "broadcast")) && cg_is_filled(x[0], &value))
        return cg_constant(to, node->shape, value);
    if (node->op->traits & CG_ELEMENTWISE) {
        cg_node *folded = fold_filled(to, node, x);
        if (folded) return folded;
    }
    return is_small(node, x) ? fold_data(to, node, x) : NULL;
}

/* x + 0, 0 + x, x - 0, x * 1, 1 * x, x / 1 */
static cg_node *neutral(const cg_node *node, cg_node *const x[])
{
    static const struct {
        const char *op;
        double value;
        bool is_commutative;
    } rules[] = {
        { "add", 0, true }, { "sub", 0, false }, { "mul", 1, true }, { "div", 1, false }
    };
    double value;
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        if (!cg_is(node, rules[r].op)) continue;
        for (int i = rules[r].is_commutative ? 0 : 1; i < 2; i++)
            if (cg_is_filled(x[i], &value) && value == rules[r].value &&
                cg_shape_equal(&x[1 - i]->shape, &node->shape))
                return x[1 - i];
    }
    return NULL;
}

/* A reshape or broadcast to the shape it has already, and a reshape of a reshape. */
static cg_node *needless_view(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    bool is_view = (node->op->traits & CG_VIEW) != 0;
    if (!is_view && !cg_is(node, "broadcast")) return NULL;
    if (cg_shape_equal(&x[0]->shape, &node->shape)) return x[0];
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): no input is NULL */
    if (is_view && x[0]->op == node->op) return cg_record(to, node->op, node->attrs, 1, x[0]->x);
    return NULL;
}

cg_node *cg_fold_visit(cg_graph *to, const cg_node *node, cg_node *const x[])
{
    cg_node *simpler = neutral(node, x);
    if (!simpler) simpler = needless_view(to, node, x);
    return simpler ? simpler : fold_constant(to, node, x);
}
