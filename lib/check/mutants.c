/* Checking the checker: every vjp with every mistake that fits must be seen to fail. */
#include "check/mistake.h"
#include "check/op.h"

#include "base/error.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    int input; /* of the op */
    char name[24];
    char mistake[CG_MISTAKE_TEXT];
    bool killed;
    int sample;
    double error;
} mutant;

typedef struct {
    const cg_check_options *options;
    mutant *mutant;
    size_t n, capacity;
    cg_error *error;
} nursery;

/* What the hook plants, and whether it could. */
typedef struct {
    int input, number, first;
    cg_planted planted;
    char text[CG_MISTAKE_TEXT];
} order;

static void plant(void *context, cg_node *node, cg_node *dy, cg_node *dx[])
{
    order *o = context;
    (void)node;
    (void)dy;
    if (dx[o->input]) o->planted = cg_mistake_plant(&dx[o->input], o->first, o->number, o->text);
}

static mutant *find(nursery *n, const order *o)
{
    for (size_t i = 0; i < n->n; i++)
        if (n->mutant[i].input == o->input && strcmp(n->mutant[i].mistake, o->text) == 0)
            return &n->mutant[i];
    return NULL;
}

static mutant *add(nursery *n, const order *o, const char *name)
{
    if (n->n == n->capacity) {
        size_t capacity = n->capacity ? 2 * n->capacity : 64;
        mutant *more = cg_resize(n->mutant, capacity, sizeof *more);
        if (!more) return NULL;
        n->mutant = more;
        n->capacity = capacity;
    }
    mutant *m = &n->mutant[n->n++];
    *m = (mutant){ .input = o->input, .sample = -1 };
    snprintf(m->name, sizeof m->name, "%s", name);
    snprintf(m->mistake, sizeof m->mistake, "%s", o->text);
    return m;
}

/* A mistake that leaves every value as it was is no mistake: a gradient of equal elements shifted
 * by one, a stride of 1 ignored. */
static cg_status differs(cg_op_case *c, cg_node *right, cg_node *wrong, bool *answer,
                         cg_error *error)
{
    cg_node *both[] = { right, wrong };
    double *value[2];
    cg_differential d = cg_op_case_differential(c, both);
    d.n = 2;
    CG_TRY(cg_differential_gradient(&d, value, error));
    double scale = 0, distance = 0;
    for (int64_t i = 0; i < cg_shape_size(&right->shape); i++) {
        double gap = fabs(value[0][i] - value[1][i]);
        scale = fmax(scale, fabs(value[0][i]));
        if (!(gap <= distance)) distance = gap;
    }
    *answer = !(distance <= 1e-9 * scale);
    cg_release(value[0]);
    cg_release(value[1]);
    return CG_OK;
}

/* Does the check by element see it? */
static cg_status examine(nursery *n, cg_op_case *c, int i, cg_node *right, cg_node *wrong,
                         const order *o)
{
    mutant *m = find(n, o);
    if (m && m->killed) return CG_OK;
    bool is_one = false;
    CG_TRY(differs(c, right, wrong, &is_one, n->error));
    if (!is_one) return CG_OK;
    if (!m) m = add(n, o, c->name[i]);
    if (!m) return cg_fail_nomem(n->error, "the mutants");
    cg_differential d = cg_op_case_differential(c, &wrong);
    d.n = 1;
    d.wrt = &c->wrt[i];
    cg_check_result result = { .subject = c->op->name };
    CG_TRY(cg_differential_check(&d, n->options, &result, NULL, n->error));
    m->killed = result.verdict == CG_FAIL || result.verdict == CG_VACUOUS;
    m->error = result.error;
    if (m->killed) m->sample = c->index;
    return CG_OK;
}

/* Sample `index` with mistake `number` in the gradient of wrt[i]; false in *more when there is no
 * such input or mistake. */
static cg_status breed(nursery *n, const cg_op *op, int index, int i, int number, bool *more)
{
    cg_op_case c;
    cg_node *right[CG_MAX_SAMPLE_INPUTS], *wrong[CG_MAX_SAMPLE_INPUTS];
    order o = { .number = number, .planted = CG_NO_MORE };
    cg_status status = cg_op_case_open(&c, op, index, n->options->seed, n->error);
    if (status == CG_OK && i < c.n_wrt) {
        status = cg_op_case_gradient(&c, right, NULL, NULL, n->error);
        o.input = c.input[i];
        o.first = cg_graph_size(c.graph);
    }
    if (status == CG_OK && i < c.n_wrt) {
        /* Wrong shapes that the shape rules refuse end here: nobody could run such a mutant. */
        cg_status refused = cg_op_case_gradient(&c, wrong, plant, &o, NULL);
        if (refused == CG_OK && o.planted == CG_PLANTED)
            status = examine(n, &c, i, right[i], wrong[i], &o);
    }
    *more = o.planted != CG_NO_MORE;
    cg_op_case_close(&c);
    return status;
}

static cg_status breed_all(nursery *n, const cg_op *op)
{
    for (int index = 0; op->vjp && op->samples[index].n_x; index++)
        for (int i = 0; i < op->samples[index].n_x; i++) {
            bool more = true;
            for (int number = 0; more; number++) CG_TRY(breed(n, op, index, i, number, &more));
        }
    return CG_OK;
}

cg_status cg_check_mutants(const cg_op *op, const cg_check_options *options,
                           cg_mutant_report *report, void *context, cg_error *error)
{
    cg_check_options none = { 0 };
    nursery n = { .options = options ? options : &none, .error = error };
    cg_status status = breed_all(&n, op);
    for (size_t i = 0; i < n.n && status == CG_OK; i++) {
        const mutant *m = &n.mutant[i];
        cg_mutant told = { op->name, m->name, m->mistake, m->killed, m->sample, m->error };
        report(context, &told);
    }
    cg_release(n.mutant);
    return status;
}
