/* The checker itself: every mistake planted into every vjp must be seen. */
#include "../tap.h"

#include <cnngraph/cnngraph.h>

#include <string.h>

static void must_be_dead(void *context, const cg_mutant *m)
{
    int *n = context;
    ++*n;
    ok(m->killed, "%s: the gradient for %s with '%s' is seen (sample %d, error %.1e)", m->op,
       m->input, m->mistake, m->sample, m->error);
}

static bool has_gradient(const cg_op *op)
{
    static const char *const flat[] = { "greater", "max_mask", "one_hot" };
    for (size_t i = 0; i < sizeof flat / sizeof *flat; i++)
        if (strcmp(op->name, flat[i]) == 0) return false;
    return op->vjp != NULL;
}

typedef struct {
    int n, n_elsewhere, n_tied, n_vacuous;
} findings;

static void count(void *context, const cg_check_result *r)
{
    findings *f = context;
    f->n++;
    if (r->verdict == CG_VACUOUS) f->n_vacuous++;
    if (r->verdict != CG_FAIL) return;
    if (r->kind == CG_CHECK_TIED)
        f->n_tied++;
    else
        f->n_elsewhere++;
}

static void nothing(void *context, const cg_check_result *r)
{
    int *n_wrong = context;
    *n_wrong += r->verdict != CG_PASS;
}

static void check_demo(const cg_demo *demo)
{
    const cg_op *op = demo->op ? cg_op_find(demo->op) : NULL;
    findings f = { 0 };
    int n_wrong = 0;
    cg_error error = { 0 };
    cg_status status = cg_demo_run(demo, NULL, count, &f, &error);
    if (!demo->op) {
        ok(status == CG_EUSAGE, "%s has no gradient to check, and says so", demo->name);
        return;
    }
    if (!ok(op != NULL, "%s breaks %s", demo->name, demo->op)) return;
    ok(status == CG_OK && f.n_elsewhere + f.n_tied + f.n_vacuous > 0, "%s, %s, is seen %s",
       demo->name, demo->title, error.message);
    status = cg_check_op(op, &(cg_check_options){ .order = 1 }, nothing, &n_wrong, &error);
    ok(status == CG_OK && n_wrong == 0, "%s: %s is right without it", demo->name, demo->op);
    if (strcmp(demo->name, "Z8") == 0)
        ok(f.n_tied > 0 && f.n_elsewhere == 0, "Z8 shows at ties and nowhere else");
}

int main(void)
{
    int total = 0;
    for (const cg_op *const *op = cg_ops; *op; op++) {
        int n = 0;
        cg_error error = { 0 };
        cg_status status = cg_check_mutants(*op, NULL, must_be_dead, &n, &error);
        ok(status == CG_OK, "%s: mutants can be made %s", (*op)->name, error.message);
        if (has_gradient(*op))
            ok(n >= 3, "%s: at least a wrong sign, size and absence (%d)", (*op)->name, n);
        total += n;
    }
    ok(total >= 500, "%d mutants in all", total);
    for (const cg_demo *demo = cg_demos; demo->name; demo++) check_demo(demo);
    return done_testing();
}
