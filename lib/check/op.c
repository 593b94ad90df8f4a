/* Checking one op on its samples. */
#include "check/op.h"

#include <cnngraph/ops.h>

#include "base/error.h"
#include "check/sample.h"

#include <stdio.h>
#include <string.h>

/* ---- a case
 * ------------------------------------------------------------------------------------*/
static cg_node *add_leaf(cg_op_case *c, const char *name, cg_shape shape)
{
    cg_node *leaf = cg_input(c->graph, name, shape);
    double *data = cg_alloc((size_t)cg_shape_size(&shape), sizeof *data);
    if (!leaf || !data) {
        cg_release(data);
        cg_graph_fail(c->graph, CG_ENOMEM, "a sample of %s: out of memory", c->op->name);
        return NULL;
    }
    c->leaf[c->n_leaves] = leaf;
    c->data[c->n_leaves++] = data;
    return leaf;
}

cg_node *cg_op_case_weights(cg_op_case *c, const char *name, cg_shape shape)
{
    cg_node *leaf = add_leaf(c, name, shape);
    if (leaf)
        cg_weights_fill(c->seed, "weights", (uint64_t)c->n_leaves, cg_shape_size(&shape),
                        c->data[c->n_leaves - 1]);
    return leaf;
}

/* Word i of "x w", or x0, x1 of "x...". */
static void name_input(const cg_op *op, int i, char name[24])
{
    const char *word = op->inputs;
    for (int k = 0; k < i && strchr(word, ' '); k++) word = strchr(word, ' ') + 1;
    int length = (int)strcspn(word, " .");
    if (strstr(op->inputs, "..."))
        snprintf(name, 24, "%.*s%d", length, word, i);
    else
        snprintf(name, 24, "%.*s", length, word);
}

static void record_inputs(cg_op_case *c)
{
    char leaf[16];
    for (int i = 0; i < c->sample->n_x; i++) {
        snprintf(leaf, sizeof leaf, "x%d", i);
        c->x[i] = add_leaf(c, leaf, c->sample->x[i]);
        if (c->op->fixed >> i & 1) continue;
        c->input[c->n_wrt] = i;
        name_input(c->op, i, c->name[c->n_wrt]);
        c->wrt[c->n_wrt++] = c->x[i];
    }
}

cg_status cg_op_case_open(cg_op_case *c, const cg_op *op, int index, uint64_t seed, cg_error *error)
{
    *c = (cg_op_case){ .op = op, .sample = &op->samples[index], .index = index };
    c->seed = seed ^ (uint64_t)index << 32;
    if (c->sample->n_x > CG_MAX_SAMPLE_INPUTS)
        return cg_fail(error, CG_ELIMIT, "%s: a sample has at most %d inputs", op->name,
                       CG_MAX_SAMPLE_INPUTS);
    c->graph = cg_graph_new();
    if (!c->graph) return cg_fail_nomem(error, "a graph");
    record_inputs(c);
    c->y = cg_record(c->graph, op, c->sample->attrs, c->sample->n_x, c->x);
    if (c->y) c->u = cg_op_case_weights(c, "u", *cg_node_shape(c->y));
    c->f = cg_sum(cg_mul(c->u, c->y), 0, false);
    c->wrt[c->n_wrt] = c->u;
    snprintf(c->name[c->n_wrt], sizeof c->name[0], "dy");
    if (cg_graph_status(c->graph) == CG_OK)
        return cg_sample_fill(op, c->sample, c->seed, c->data, error);
    if (error) *error = *cg_graph_error(c->graph);
    return cg_graph_status(c->graph);
}

void cg_op_case_close(cg_op_case *c)
{
    for (int i = 0; i < c->n_leaves; i++) cg_release(c->data[i]);
    cg_graph_free(c->graph);
    *c = (cg_op_case){ 0 };
}

void cg_op_case_feed(void *context, cg_program *program)
{
    const cg_op_case *c = context;
    for (int i = 0; i < c->n_leaves; i++) {
        double *data = cg_data_f64(program, c->leaf[i]);
        size_t n = (size_t)cg_shape_size(cg_node_shape(c->leaf[i]));
        if (data) memcpy(data, c->data[i], n * sizeof *data);
    }
}

cg_status cg_op_case_gradient(cg_op_case *c, cg_node *grad[], cg_vjp_hook *hook, void *context,
                              cg_error *error)
{
    cg_status status = cg_gradient_hooked(c->y, c->u, c->n_wrt, c->wrt, grad, hook, context);
    if (status != CG_OK && error) *error = *cg_graph_error(c->graph);
    return status;
}

cg_differential cg_op_case_differential(cg_op_case *c, cg_node *const grad[])
{
    return (cg_differential){ .graph = c->graph,
                              .f = c->f,
                              .n = c->n_wrt,
                              .wrt = c->wrt,
                              .grad = grad,
                              .feed = cg_op_case_feed,
                              .feed_context = c,
                              .seed = c->seed,
                              .no_passes = true };
}

bool cg_is_no_gradient(const cg_node *grad)
{
    return grad->kind == CG_NODE_CONSTANT && !grad->data && grad->value == 0;
}

/* ---- its checks
 * --------------------------------------------------------------------------------*/
typedef struct {
    cg_op_case *c;
    const cg_check_options *options;
    cg_check_report *report;
    void *context;
    cg_error *error;
    cg_node *grad[CG_MAX_SAMPLE_INPUTS];
    cg_check_result element[CG_MAX_SAMPLE_INPUTS], projected[CG_MAX_SAMPLE_INPUTS];
    bool is_vacuous; /* some input's gradient is 0 in this draw */
} check;

enum { N_DRAWS = 8 }; /* of a sample whose gradient is 0, such as relu's at a single negative x */

static cg_check_result blank(const cg_op_case *c, int i, cg_check_kind kind)
{
    return (cg_check_result){
        .subject = c->op->name, .sample = c->index, .input = c->name[i], .kind = kind, .label = ""
    };
}

static bool is_piecewise_constant(const check *k)
{
    for (int i = 0; i < k->c->n_wrt; i++)
        if (!cg_is_no_gradient(k->grad[i])) return false;
    return true;
}

/* An op that declares no gradient at all is right when none is found. */
static cg_status first_order(check *k)
{
    cg_op_case *c = k->c;
    for (int i = 0; i < c->n_wrt; i++) {
        k->element[i] = blank(c, i, CG_CHECK_ELEMENTS);
        k->projected[i] = blank(c, i, CG_CHECK_PROJECTED);
    }
    cg_differential d = cg_op_case_differential(c, k->grad);
    CG_TRY(cg_differential_check(&d, k->options, k->element, k->projected, k->error));
    bool may_be_zero = is_piecewise_constant(k);
    k->is_vacuous = false;
    for (int i = 0; i < c->n_wrt; i++) {
        if (may_be_zero && k->element[i].verdict == CG_VACUOUS) k->element[i].verdict = CG_PASS;
        if (may_be_zero && k->projected[i].verdict == CG_VACUOUS) k->projected[i].verdict = CG_PASS;
        k->is_vacuous |= k->element[i].verdict == CG_VACUOUS;
    }
    return CG_OK;
}

static void report_first(const check *k)
{
    for (int i = 0; i < k->c->n_wrt; i++) {
        k->report(k->context, &k->element[i]);
        k->report(k->context, &k->projected[i]);
    }
}

/* g = <grad[0], v0> + <grad[1], v1> + ... */
static cg_node *weighted_gradients(check *k)
{
    cg_node *g = NULL;
    for (int i = 0; i < k->c->n_wrt; i++) {
        char name[16];
        snprintf(name, sizeof name, "v%d", i);
        cg_node *v = cg_op_case_weights(k->c, name, *cg_node_shape(k->grad[i]));
        cg_node *term = cg_sum(cg_mul(k->grad[i], v), 0, false);
        g = g ? cg_add(g, term) : term;
    }
    return g;
}

/* g is linear in dy, so its gradient there is never 0 where the first one is not; towards x it is
 * 0 for whatever is linear in x.  Zero against zero is therefore right towards x as long as the
 * check towards dy has proved something. */
static void report_second(check *k, int n, cg_check_result result[])
{
    bool proved = result[n - 1].verdict == CG_PASS;
    for (int i = 0; i < n; i++) {
        if (proved && result[i].verdict == CG_VACUOUS) result[i].verdict = CG_PASS;
        k->report(k->context, &result[i]);
    }
}

/* Of each input, drawn; the projection sees all of them, and the first order compares each. */
enum { SECOND_ELEMENTS = 64 };

static cg_status second_order(check *k)
{
    cg_op_case *c = k->c;
    int n = c->n_wrt + 1;
    cg_node *grad[CG_MAX_SAMPLE_INPUTS + 1];
    cg_check_result element[CG_MAX_SAMPLE_INPUTS + 1], projected[CG_MAX_SAMPLE_INPUTS + 1];
    cg_node *g = weighted_gradients(k);
    cg_gradient(g, NULL, n, c->wrt, grad);
    if (cg_graph_status(c->graph) != CG_OK) {
        if (k->error) *k->error = *cg_graph_error(c->graph);
        return cg_graph_status(c->graph);
    }
    for (int i = 0; i < n; i++) {
        element[i] = blank(c, i, CG_CHECK_SECOND_ELEMENTS);
        projected[i] = blank(c, i, CG_CHECK_SECOND_PROJECTED);
    }
    cg_differential d = cg_op_case_differential(c, grad);
    d.f = g;
    d.n = n;
    d.elements = SECOND_ELEMENTS;
    CG_TRY(cg_differential_check(&d, k->options, element, projected, k->error));
    report_second(k, n, element);
    report_second(k, n, projected);
    return CG_OK;
}

/* Where values tie, max and the like have a kink, yet along a direction that moves equal values
 * alike they are smooth: max(x + c) = max(x) + c.  A gradient that goes to every tied maximum
 * counts too much there, and nowhere else.  0 against 0 is right here, where the check by element
 * has proved something. */
static cg_status tied_values(check *k)
{
    cg_op_case *c = k->c;
    double *level[CG_MAX_SAMPLE_INPUTS] = { 0 }, *direction[CG_MAX_SAMPLE_INPUTS];
    cg_status status = CG_OK;
    for (int i = 0; i < c->sample->n_x; i++) {
        level[i] = cg_alloc((size_t)cg_shape_size(&c->sample->x[i]), sizeof(double));
        if (!level[i]) status = cg_fail_nomem(k->error, "a sample");
    }
    if (status == CG_OK)
        status = cg_sample_fill_tied(c->op, c->sample, c->seed, c->data, level, k->error);
    if (status == CG_OK) {
        double speed[CG_N_LEVELS];
        cg_weights_fill(c->seed, "levels", 0, CG_N_LEVELS, speed);
        for (int i = 0; i < c->n_wrt; i++) {
            direction[i] = level[c->input[i]];
            for (int64_t e = 0; e < cg_shape_size(cg_node_shape(c->wrt[i])); e++)
                direction[i][e] = speed[(int)direction[i][e]];
        }
        cg_differential d = cg_op_case_differential(c, k->grad);
        cg_check_result result = blank(c, 0, CG_CHECK_TIED);
        result.input = c->op->inputs;
        bool has_branches = false;
        status = cg_differential_along(&d, direction, k->options, &result, &has_branches, k->error);
        if (result.verdict == CG_VACUOUS && !k->is_vacuous) result.verdict = CG_PASS;
        if (status == CG_OK && has_branches) k->report(k->context, &result);
    }
    for (int i = 0; i < c->sample->n_x; i++) cg_release(level[i]);
    return status;
}

static cg_status check_draw(check *k, bool is_last)
{
    if (k->c->n_wrt == 0) return CG_OK;
    CG_TRY(cg_op_case_gradient(k->c, k->grad, NULL, NULL, k->error));
    CG_TRY(first_order(k));
    if (k->is_vacuous && !is_last) return CG_OK;
    report_first(k);
    if (is_piecewise_constant(k)) return CG_OK;
    if (k->options->order != 1) CG_TRY(second_order(k));
    return tied_values(k);
}

static cg_status check_sample(check *k, const cg_op *op, int index)
{
    k->is_vacuous = true;
    for (uint64_t draw = 0; draw < N_DRAWS && k->is_vacuous; draw++) {
        cg_op_case c;
        k->c = &c;
        k->is_vacuous = false;
        cg_status status = cg_op_case_open(&c, op, index, k->options->seed ^ draw << 48, k->error);
        if (status == CG_OK) status = check_draw(k, draw == N_DRAWS - 1);
        cg_op_case_close(&c);
        k->c = NULL;
        CG_TRY(status);
    }
    return CG_OK;
}

cg_status cg_check_op(const cg_op *op, const cg_check_options *options, cg_check_report *report,
                      void *context, cg_error *error)
{
    if (!op->samples || !op->samples[0].n_x)
        return cg_fail(error, CG_EUSAGE, "%s has no samples to be checked on", op->name);
    cg_check_options none = { 0 };
    check k = {
        .options = options ? options : &none, .report = report, .context = context, .error = error
    };
    for (int i = 0; op->vjp && op->samples[i].n_x; i++) CG_TRY(check_sample(&k, op, i));
    return CG_OK;
}
