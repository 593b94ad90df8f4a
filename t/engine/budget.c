/* Programs and budgets: they take no more than they are allowed, and give it back. */
#include "engine/program.h"

#include <cnngraph/ops.h>

#include "../tap.h"

#include <string.h>

/* Compiles a dense layer of n to n in this much memory; what it took, or -1. */
static int64_t compile(int64_t n, int64_t limit, cg_error *error)
{
    cg_budget budget = { .limit = limit };
    const cg_compile_options options = { .budget = &budget };
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", CG_SHAPE(4, n)), *w = cg_parameter(g, "w", CG_SHAPE(n, n));
    cg_node *y = cg_tanh(cg_matmul(x, w, false, false));
    cg_program *p = NULL;
    *error = (cg_error){ 0 };
    cg_status status = cg_compile(&p, g, 1, &y, &options, error);
    int64_t taken = status == CG_OK ? budget.taken : -1;
    if (p)
        ok(taken >= (int64_t)cg_program_bytes(p), "what it holds is counted: %lld",
           (long long)taken);
    cg_program_free(p);
    cg_graph_free(g);
    ok(budget.taken == 0, "and all is given back");
    return taken;
}

/* Parameters of 20 GiB in all, a number that 32 bits take for 0. */
static void test_sum(void)
{
    cg_budget budget = { .limit = 1 << 30 };
    const cg_compile_options options = { .budget = &budget };
    cg_graph *g = cg_graph_new();
    cg_node *y = NULL;
    for (int i = 0; i < 40; i++) {
        char name[8];
        snprintf(name, sizeof name, "w%d", i);
        cg_node *w = cg_parameter(g, name, CG_SHAPE(1 << 27));
        y = y ? cg_add(y, w) : w;
    }
    cg_program *p = NULL;
    cg_error error = { 0 };
    ok(cg_compile(&p, g, 1, &y, &options, &error) == CG_ELIMIT &&
           strstr(error.message, "parameters"),
       "40 times 512 MiB are told as what they are: %s", error.message);
    cg_program_free(p);
    cg_graph_free(g);
}

int main(void)
{
    cg_error error;
    int64_t all = compile(100, 1 << 24, &error);
    ok(all > 100 * 100 * 4, "a small program is compiled %s", error.message);
    ok(compile(100, all, &error) == all, "also in no more than that");
    ok(compile(100, all - 1, &error) < 0 && error.status == CG_ELIMIT, "in less it is refused: %s",
       error.message);
    ok(compile(1000, 1 << 20, &error) < 0 && strstr(error.message, "parameters"),
       "parameters are told of: %s", error.message);
    ok(compile(1 << 20, 0, &error) < 0 &&
           error.status == (sizeof(size_t) > 4 ? CG_ELIMIT : CG_ESHAPE),
       "10^12 of them are beyond any machine: %s", error.message);
    test_sum();
    return done_testing();
}
