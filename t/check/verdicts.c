/* Verdicts: kinks are found exactly, zero against zero proves nothing, and a kernel that is wrong
 * together with its gradient is found by its reference. */
#include "../tap.h"

#include <cnngraph/cnngraph.h>

#include <string.h>

/* ---- y = sum relu(x)
 * ---------------------------------------------------------------------------*/
typedef struct {
    cg_node *x;
    const double *value;
} fed;

static void feed(void *context, cg_program *program)
{
    const fed *f = context;
    double *x = cg_data_f64(program, f->x);
    if (x) memcpy(x, f->value, (size_t)cg_shape_size(cg_node_shape(f->x)) * sizeof *x);
}

static void keep(void *context, const cg_check_result *result)
{
    cg_check_result *kept = context;
    kept[result->kind] = *result;
}

static void check_relu(int64_t n, const double x[], double eps, cg_check_result result[])
{
    cg_graph *graph = cg_graph_new();
    cg_node *leaf = cg_parameter(graph, "x", CG_SHAPE(n));
    cg_node *y = cg_sum(cg_relu(leaf), 0, false);
    fed f = { leaf, x };
    cg_check_options options = { .eps = eps };
    cg_error error = { 0 };
    cg_status status =
        cg_check_graph(graph, y, 1, &leaf, feed, &f, (int)n, &options, keep, result, &error);
    ok(status == CG_OK, "relu of %d numbers is checked %s", (int)n, error.message);
    cg_graph_free(graph);
}

static void kinks_are_found_exactly(void)
{
    /* eps 1e-3 near 0 means steps of 2e-5 and a stencil that reaches 4e-5 to both sides. */
    static const double x[] = { 1, -1, 0, 3.9e-5, -3.9e-5, 4.1e-5, -4.1e-5 }, zero[] = { 0, 0 };
    cg_check_result r[CG_N_CHECK_KINDS];
    check_relu(7, x, 1e-3, r);
    ok(r[CG_CHECK_ELEMENTS].n_kinks == 3, "what the stencil straddles is a kink, and nothing else");
    ok(r[CG_CHECK_ELEMENTS].n == 4, "what it does not straddle is compared");
    ok(r[CG_CHECK_ELEMENTS].verdict == CG_PASS, "and is right");
    check_relu(7, x, 0, r);
    ok(r[CG_CHECK_ELEMENTS].n_kinks == 1, "smaller steps leave only 0 itself");
    check_relu(2, zero, 0, r);
    ok(r[CG_CHECK_ELEMENTS].verdict == CG_KINK && r[CG_CHECK_PROJECTED].verdict == CG_KINK,
       "where every step meets a kink the verdict is KINK");
}

static void zero_proves_nothing(void)
{
    static const double x[] = { -1, -2 };
    cg_check_result r[CG_N_CHECK_KINDS];
    check_relu(2, x, 0, r);
    ok(r[CG_CHECK_ELEMENTS].verdict == CG_VACUOUS && r[CG_CHECK_PROJECTED].verdict == CG_VACUOUS,
       "a dead relu is VACUOUS, not PASS");
}

/* ---- y = 1.01 x^2 in kernel and gradient alike
 * --------------------------------------------------*/
static void wrong_kernel(const cg_call *c, int64_t begin, int64_t end)
{
    for (int64_t i = begin; i < end; i++) c->y[i] = 1.01f * c->x[0][i] * c->x[0][i];
}

static void wrong_vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    dx[0] = cg_mul(dy, cg_scale(cg_node_input(node, 0), 2.02));
}

static void count_failures(void *context, const cg_check_result *r)
{
    int *n = context;
    *n += r->verdict == CG_FAIL;
}

static void a_consistent_bug_is_found(void)
{
    cg_op op = *cg_op_find("square");
    cg_error error = { 0 };
    int n = 0;
    cg_check_kernel(&op, NULL, NULL, count_failures, &n, &error);
    ok(n == 0, "the kernel of square agrees with its reference");
    for (int tier = 0; tier < CG_N_TIERS; tier++) op.forward[tier] = wrong_kernel;
    op.vjp = wrong_vjp;
    ok(cg_check_kernel(&op, NULL, NULL, count_failures, &n, &error) == CG_OK && n > 0,
       "a kernel that is wrong as its gradient is wrong is found by the reference");
    n = 0;
    ok(cg_check_op(&op, NULL, count_failures, &n, &error) == CG_OK && n > 0,
       "and so is the gradient that agrees with it");
}

/* ---- what cannot be checked
 * ---------------------------------------------------------------------*/
static void what_cannot_be_checked_says_so(void)
{
    cg_error error = { 0 };
    int n = 0;
    cg_op op = *cg_op_find("square");
    op.samples = NULL;
    ok(cg_check_op(&op, NULL, count_failures, &n, &error) == CG_EUSAGE, "no samples: %s",
       error.message);

    cg_graph *graph = cg_graph_new();
    op = *cg_op_find("square");
    op.vjp = NULL;
    cg_node *x = cg_parameter(graph, "x", CG_SHAPE(2));
    cg_node *y = cg_sum(cg_record1(&op, NULL, x), 0, false);
    fed f = { x, (const double[]){ 1, 2 } };
    ok(cg_check_graph(graph, y, 1, &x, feed, &f, 0, NULL, count_failures, &n, &error) == CG_ENOGRAD,
       "no gradient: %s", error.message);
    cg_graph_free(graph);
}

int main(void)
{
    kinks_are_found_exactly();
    zero_proves_nothing();
    a_consistent_bug_is_found();
    what_cannot_be_checked_says_so();
    return done_testing();
}
