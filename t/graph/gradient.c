/* Differentiation: values known by hand, gradients of gradients, what has none. */
#include "graph/graph.h"

#include <cnngraph/ops.h>
#include <cnngraph/program.h>

#include "../tap.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

static double run_scalar(cg_graph *g, cg_node *x, double at, cg_node *y)
{
    cg_program *p;
    if (cg_compile(&p, g, 1, &y, &(cg_compile_options){ .dtype = CG_F64 }, NULL) != CG_OK)
        return NAN;
    *cg_data_f64(p, x) = at;
    cg_run(p, 0, 0);
    double value = *cg_data_f64(p, y);
    cg_program_free(p);
    return value;
}

/* sigmoid: s' = s(1-s), s'' = s'(1-2s), s''' = s'(1-6s+6s^2) */
static void derivatives_of_sigmoid(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", (cg_shape){ 0 }), *d[4] = { cg_sigmoid(x) };
    for (int i = 1; i < 4; i++) cg_gradient(d[i - 1], NULL, 1, &x, &d[i]);
    double s = 1 / (1 + exp(-0.7)), s1 = s * (1 - s);
    double want[] = { s, s1, s1 * (1 - 2 * s), s1 * (1 - 6 * s + 6 * s * s) };
    for (int i = 0; i < 4; i++)
        ok(fabs(run_scalar(g, x, 0.7, d[i]) - want[i]) < 1e-14, "derivative %d of sigmoid", i);
    cg_graph_free(g);
}

/* silu = x s(x), silu' = s (1 + x (1 - s)); gelu = x Phi(x), gelu' = Phi + x phi. */
static void derivatives_of_gates(void)
{
    const double at = 0.7, s = 1 / (1 + exp(-at)), normal = erfc(-at / sqrt(2)) / 2;
    const double density = exp(-at * at / 2) / sqrt(2 * acos(-1));
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", (cg_shape){ 0 }), *silu = cg_silu(x), *gelu = cg_gelu(x), *d;
    ok(fabs(run_scalar(g, x, at, silu) - at * s) < 1e-14, "silu");
    cg_gradient(silu, NULL, 1, &x, &d);
    ok(fabs(run_scalar(g, x, at, d) - s * (1 + at * (1 - s))) < 1e-14, "its derivative");
    ok(fabs(run_scalar(g, x, at, gelu) - at * normal) < 1e-14, "gelu");
    cg_gradient(gelu, NULL, 1, &x, &d);
    ok(fabs(run_scalar(g, x, at, d) - (normal + at * density)) < 1e-14, "its derivative");
    cg_graph_free(g);
}

/* Steps are flat: no gradient passes. */
static void flat(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", CG_SHAPE(3)), *d;
    cg_node *steps[] = { cg_one_hot(x, 4), cg_max_mask(x, 0), cg_greater(x, cg_neg(x)) };
    for (int i = 0; i < 3; i++) {
        cg_gradient(steps[i], NULL, 1, &x, &d);
        ok(d && cg_node_kind_of(d) == CG_NODE_CONSTANT, "%s has the constant 0 for its gradient",
           cg_node_op(steps[i])->name);
    }
    cg_graph_free(g);
}

static void shared_and_absent(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", (cg_shape){ 0 }), *z = cg_input(g, "z", (cg_shape){ 0 });
    cg_node *square = cg_mul(x, x), *y = cg_add(square, cg_mul(square, x)); /* x^2 + x^3 */
    cg_node *wrt[] = { x, z, square }, *d[3];
    ok(cg_gradient(y, NULL, 3, wrt, d) == CG_OK, "several at once, an inner node among them");
    ok(fabs(run_scalar(g, x, 2, d[0]) - 16) < 1e-14, "paths that meet add up: 2x + 3x^2");
    ok(run_scalar(g, x, 2, d[1]) == 0, "what y does not depend on gets 0");
    ok(fabs(run_scalar(g, x, 2, d[2]) - 3) < 1e-14, "with respect to an inner node: 1 + x");
    cg_node *late = cg_input(g, "late", (cg_shape){ 0 });
    ok(cg_gradient(y, NULL, 1, &late, d) == CG_OK && run_scalar(g, x, 2, d[0]) == 0,
       "so does what was recorded behind it");
    cg_node *seed = cg_constant(g, (cg_shape){ 0 }, -3);
    cg_gradient(y, seed, 1, &x, d);
    ok(fabs(run_scalar(g, x, 2, d[0]) + 48) < 1e-13, "dy multiplies");
    cg_graph_free(g);
}

static void broadcast_adds_up(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", CG_SHAPE(2, 3)), *b = cg_input(g, "b", CG_SHAPE(3)), *d;
    cg_gradient(cg_mul(x, b), NULL, 1, &b, &d);
    cg_program *p;
    ok(cg_compile(&p, g, 1, &d, &(cg_compile_options){ .dtype = CG_F64 }, NULL) == CG_OK,
       "it compiles");
    memcpy(cg_data_f64(p, x), (double[]){ 1, 2, 3, 10, 20, 30 }, 6 * sizeof(double));
    cg_run(p, 0, 0);
    ok(memcmp(cg_data_f64(p, d), (double[]){ 11, 22, 33 }, 3 * sizeof(double)) == 0,
       "the gradient of a broadcast operand is summed over the copies");
    cg_program_free(p);
    cg_graph_free(g);
}

static cg_status shape_of_x(const cg_node *node, cg_shape *y, cg_error *error)
{
    (void)error;
    *y = *cg_node_shape(cg_node_input(node, 0));
    return CG_OK;
}

static void wrong_shape_vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    (void)node;
    dx[0] = cg_sum(dy, 0, false);
}

static void failures(void)
{
    static const cg_op blind = { .name = "blind", .inputs = "x", .shape = shape_of_x };
    static const cg_op broken = {
        .name = "broken", .inputs = "x", .shape = shape_of_x, .vjp = wrong_shape_vjp
    };
    cg_node *d;
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", CG_SHAPE(2));
    ok(cg_gradient(cg_record1(&blind, NULL, x), NULL, 1, &x, &d) == CG_ENOGRAD, "%s",
       cg_graph_error(g)->message);
    cg_graph_free(g);
    g = cg_graph_new();
    x = cg_input(g, "x", CG_SHAPE(2));
    ok(cg_gradient(cg_record1(&broken, NULL, x), NULL, 1, &x, &d) == CG_EINTERNAL, "%s",
       cg_graph_error(g)->message);
    ok(d == NULL, "a failed gradient leaves NULL");
    cg_graph_free(g);
    g = cg_graph_new();
    x = cg_input(g, "x", CG_SHAPE(2));
    ok(cg_gradient(cg_neg(x), cg_constant(g, CG_SHAPE(3), 1), 1, &x, &d) == CG_ESHAPE, "%s",
       cg_graph_error(g)->message);
    ok(cg_gradient(x, NULL, 1, &x, &d) == CG_ESHAPE && d == NULL, "a graph in error stays so");
    cg_graph_free(g);
    ok(cg_gradient(NULL, NULL, 1, &x, &d) == CG_EUSAGE && d == NULL, "nothing has no gradient");
    g = cg_graph_new();
    cg_graph *another = cg_graph_new();
    x = cg_input(g, "x", CG_SHAPE(2));
    cg_node *wrt[] = { x, cg_input(another, "x", CG_SHAPE(2)) }, *both[2];
    ok(cg_gradient(cg_neg(x), NULL, 2, wrt, both) == CG_EUSAGE && !both[0] && !both[1], "%s",
       cg_graph_error(g)->message);
    cg_graph_free(g);
    cg_graph_free(another);
}

static cg_status second_order(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", CG_SHAPE(1, 2, 4, 4)),
            *w = cg_parameter(g, "w", CG_SHAPE(3, 2, 3, 3));
    cg_conv2d_attrs attrs = { .stride = { 1, 1 }, .dilation = { 1, 1 }, .groups = 1 };
    cg_node *y = cg_softmax(cg_conv2d(x, w, &attrs), 1), *wrt[] = { x, w }, *d[2];
    cg_gradient(y, NULL, 2, wrt, d);
    cg_status status = cg_gradient(d[0], NULL, 2, wrt, d);
    if (g && status != CG_OK) status = cg_graph_status(g);
    cg_graph_free(g);
    return g ? status : CG_ENOMEM;
}

static void no_memory(void)
{
    cg_status status = CG_ENOMEM;
    int64_t n = 0;
    for (; status == CG_ENOMEM && n < 10000; n++) {
        cg_fail_allocation_after(n);
        status = second_order();
        cg_fail_allocation_after(-1);
    }
    ok(status == CG_OK && n > 50, "each of %d allocations may fail", (int)n - 1);
}

int main(void)
{
    derivatives_of_sigmoid();
    derivatives_of_gates();
    flat();
    shared_and_absent();
    broadcast_adds_up();
    failures();
    no_memory();
    return done_testing();
}
