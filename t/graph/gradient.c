/* Differentiation: values known by hand, gradients of gradients, what has none. */
#include "graph/graph.h"

#include <cnngraph/ops.h>
#include <cnngraph/program.h>

#include "../tap.h"

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
    cg_graph_free(g);
}

int main(void)
{
    derivatives_of_sigmoid();
    shared_and_absent();
    broadcast_adds_up();
    failures();
    return done_testing();
}
