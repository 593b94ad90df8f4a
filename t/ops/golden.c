/* Values and gradients against those that PyTorch computed: t/golden/cases.jsonl, written by
 * t/golden/make_golden.py, which describes the format. */
#include "config.h"

#include <cnngraph/ops.h>
#include <cnngraph/program.h>

#include "../tap.h"

#include <jansson.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_INPUTS = 8 };

/* Ops that PyTorch has no counterpart of; their references and gradient checks vouch for them, and
 * for parts of a gradient the stored gradients of the op that records them. */
static const struct {
    const char *op, *reason;
} exempt[] = {
    { "dropout", "draws from this library's own random numbers" },
    { "max_mask", "a part of the gradient of max" },
    { "avg_pool2d_dx", "the gradient of avg_pool2d" },
    { "max_pool2d_dx", "the gradient of max_pool2d" },
    { "max_pool2d_pick", "a part of the second derivative of max_pool2d" },
};

typedef struct {
    cg_shape shape;
    int64_t n;
    double *value;
} array;

/* One case as read.  dx[i].value is NULL where there is no gradient. */
typedef struct {
    const cg_op *op;
    void *attrs;
    int n_x;
    array x[MAX_INPUTS], dx[MAX_INPUTS], y, dy;
} test_case;

/* ---- reading -------------------------------------------------------------------------------- */

static cg_shape read_shape(const json_t *json)
{
    cg_shape shape = { .rank = (int)json_array_size(json) };
    for (int i = 0; i < shape.rank && i < CG_MAX_RANK; i++)
        shape.dim[i] = json_integer_value(json_array_get(json, (size_t)i));
    return shape;
}

static array read_values(const json_t *json, cg_shape shape)
{
    array a = { .shape = shape, .n = (int64_t)json_array_size(json) };
    a.value = malloc((size_t)(a.n + 1) * sizeof *a.value);
    for (int64_t i = 0; a.value && i < a.n; i++)
        a.value[i] = json_number_value(json_array_get(json, (size_t)i));
    return a;
}

static array read_array(const json_t *json)
{
    return read_values(json_array_get(json, 1), read_shape(json_array_get(json, 0)));
}

/* The position of a word in "zero reflect replicate", or -1. */
static int64_t find_choice(const char *choices, const char *word)
{
    size_t length = strlen(word);
    for (int64_t i = 0;; i++) {
        if (strcspn(choices, " ") == length && strncmp(choices, word, length) == 0) return i;
        choices = strchr(choices, ' ');
        if (!choices) return -1;
        choices++;
    }
}

/* Puts one value into its field, whatever the op. */
static void fill_attr(const cg_attr *a, void *attrs, const json_t *json)
{
    void *at = (char *)attrs + a->offset;
    int64_t *whole = at;
    size_t i;
    json_t *entry;
    switch (a->type) {
    case CG_ATTR_REAL:
        *(double *)at = json_number_value(json);
        break;
    case CG_ATTR_INT:
        *whole = json_integer_value(json);
        break;
    case CG_ATTR_BOOL:
        *whole = json_is_true(json);
        break;
    case CG_ATTR_CHOICE:
        *whole = find_choice(a->choices, json_string_value(json));
        break;
    case CG_ATTR_SHAPE:
        *(cg_shape *)at = read_shape(json);
        break;
    case CG_ATTR_INTS:
    case CG_ATTR_LIST:
        json_array_foreach(json, i, entry) whole[i] = json_integer_value(entry);
        break;
    case CG_ATTR_AXES:
        json_array_foreach(json, i, entry) *whole |= CG_AXIS(json_integer_value(entry));
        break;
    }
}

/* False if the op has no attribute of such a name. */
static bool fill_attrs(const cg_op *op, void *attrs, json_t *json)
{
    const char *key;
    json_t *value;
    json_object_foreach(json, key, value)
    {
        const cg_attr *a = op->attrs;
        while (a && a->name && strcmp(a->name, key) != 0) a++;
        if (!a || !a->name) return false;
        fill_attr(a, attrs, value);
    }
    return true;
}

static bool read_case(test_case *c, const json_t *json)
{
    const json_t *x = json_object_get(json, "x"), *dx = json_object_get(json, "dx");
    memset(c, 0, sizeof *c);
    c->op = cg_op_find(json_string_value(json_object_get(json, "op")));
    c->n_x = (int)json_array_size(x);
    if (!c->op || c->n_x > MAX_INPUTS || json_array_size(dx) != json_array_size(x)) return false;
    c->attrs = calloc(1, c->op->attrs_size + 1);
    if (!c->attrs || !fill_attrs(c->op, c->attrs, json_object_get(json, "attrs"))) return false;
    for (int i = 0; i < c->n_x; i++) {
        const json_t *d = json_array_get(dx, (size_t)i);
        c->x[i] = read_array(json_array_get(x, (size_t)i));
        if (!json_is_null(d)) c->dx[i] = read_values(d, c->x[i].shape);
    }
    c->y = read_array(json_object_get(json, "y"));
    c->dy = read_values(json_object_get(json, "dy"), c->y.shape);
    return true;
}

static void free_case(test_case *c)
{
    for (int i = 0; i < MAX_INPUTS; i++) {
        free(c->x[i].value);
        free(c->dx[i].value);
    }
    free(c->y.value);
    free(c->dy.value);
    free(c->attrs);
}

/* ---- running -------------------------------------------------------------------------------- */

typedef struct {
    cg_graph *graph;
    cg_node *x[MAX_INPUTS], *dy;
    int n_outputs; /* y, then the gradients */
    cg_node *output[1 + MAX_INPUTS];
    const array *expected[1 + MAX_INPUTS];
} recording;

static cg_status record_case(recording *r, const test_case *c)
{
    cg_node *wrt[MAX_INPUTS];
    int n_wrt = 0;
    memset(r, 0, sizeof *r);
    r->graph = cg_graph_new();
    if (!r->graph) return CG_ENOMEM;
    for (int i = 0; i < c->n_x; i++) {
        char name[] = { 'x', (char)('0' + i), '\0' };
        r->x[i] = cg_input(r->graph, name, c->x[i].shape);
        if (!c->dx[i].value) continue;
        wrt[n_wrt] = r->x[i];
        r->expected[++n_wrt] = &c->dx[i];
    }
    r->dy = cg_input(r->graph, "dy", c->dy.shape);
    r->output[0] = cg_record(r->graph, c->op, c->op->attrs_size ? c->attrs : NULL, c->n_x, r->x);
    r->expected[0] = &c->y;
    r->n_outputs = 1 + n_wrt;
    if (n_wrt == 0) return cg_graph_status(r->graph);
    return cg_gradient(r->output[0], r->dy, n_wrt, wrt, r->output + 1);
}

static void feed(cg_program *program, cg_dtype dtype, const cg_node *node, const array *from)
{
    float *narrow = dtype == CG_F32 ? cg_data_f32(program, node) : NULL;
    double *wide = dtype == CG_F64 ? cg_data_f64(program, node) : NULL;
    for (int64_t i = 0; i < from->n; i++) {
        if (narrow) narrow[i] = (float)from->value[i];
        if (wide) wide[i] = from->value[i];
    }
}

/* The largest difference, relative to the largest magnitude expected; infinity for other shapes.
 * In float32 relative to at least 1, the size of dy: where a function is flat its gradient cancels.
 */
static double compare(cg_program *program, cg_dtype dtype, const cg_node *node,
                      const array *expected)
{
    const float *narrow = dtype == CG_F32 ? cg_data_f32(program, node) : NULL;
    const double *wide = dtype == CG_F64 ? cg_data_f64(program, node) : NULL;
    double worst = 0, scale = dtype == CG_F32 ? 1 : 0;
    if ((!narrow && !wide) || !cg_shape_equal(cg_node_shape(node), &expected->shape) ||
        cg_shape_size(&expected->shape) != expected->n)
        return INFINITY;
    for (int64_t i = 0; i < expected->n; i++) {
        double d = fabs((narrow ? (double)narrow[i] : wide[i]) - expected->value[i]);
        if (!(d <= worst)) worst = isnan(d) ? INFINITY : d; /* NaN stays the worst */
        scale = fmax(scale, fabs(expected->value[i]));
    }
    if (scale == 0) scale = 1;
    return worst / scale;
}

/* The worst relative difference of the value and the gradients; NaN or infinity if it cannot run.
 */
static double run(const test_case *c, cg_dtype dtype)
{
    recording r;
    cg_program *program = NULL;
    cg_error error = { .status = CG_OK };
    double worst = INFINITY;
    if (record_case(&r, c) != CG_OK) {
        printf("# %s\n", r.graph ? cg_graph_error(r.graph)->message : "out of memory");
    } else if (cg_compile(&program, r.graph, r.n_outputs, r.output,
                          &(cg_compile_options){ .dtype = dtype }, &error) != CG_OK) {
        printf("# %s\n", error.message);
    } else {
        for (int i = 0; i < c->n_x; i++) feed(program, dtype, r.x[i], &c->x[i]);
        feed(program, dtype, r.dy, &c->dy);
        worst = cg_run(program, 1, 0) == CG_OK ? 0 : INFINITY;
        for (int i = 0; i < r.n_outputs; i++) {
            double d = compare(program, dtype, r.output[i], r.expected[i]);
            if (!(d <= worst)) worst = isnan(d) ? INFINITY : d;
        }
    }
    cg_program_free(program);
    cg_graph_free(r.graph);
    return worst;
}

/* ---- the table ------------------------------------------------------------------------------ */

static int n_ops(void)
{
    int n = 0;
    while (cg_ops[n]) n++;
    return n;
}

static int number_of(const cg_op *op)
{
    for (int i = 0; cg_ops[i]; i++)
        if (cg_ops[i] == op) return i;
    return -1;
}

static void check_line(const json_t *json, int line, int n_cases[], unsigned proven[])
{
    test_case c;
    if (!read_case(&c, json)) {
        const char *name = json_string_value(json_object_get(json, "op"));
        ok(0, "cases.jsonl:%d: %s and its attributes are known", line, name ? name : "the op");
        free_case(&c);
        return;
    }
    int number = number_of(c.op), i_case = ++n_cases[number];
    for (int i = 0; i < c.n_x; i++)
        if (c.dx[i].value) proven[number] |= 1u << i;
    double wide = run(&c, CG_F64), narrow = run(&c, CG_F32);
    ok(wide <= 1e-10, "%s, case %d: float64 agrees with PyTorch", c.op->name, i_case);
    if (!(wide <= 1e-10)) printf("# relative difference %g\n", wide);
    ok(narrow <= 2e-5, "%s, case %d: float32 agrees with PyTorch", c.op->name, i_case);
    if (!(narrow <= 2e-5)) printf("# relative difference %g\n", narrow);
    free_case(&c);
}

static const char *exemption(const cg_op *op)
{
    for (size_t i = 0; i < sizeof exempt / sizeof *exempt; i++)
        if (strcmp(exempt[i].op, op->name) == 0) return exempt[i].reason;
    return NULL;
}

/* Has every op a case, and every input that has a gradient a stored one?  A new op may be without
 * until make_golden.py knows it; none that had values may lose them. */
enum { OPS_WITH_VALUES = 60 };

static void check_coverage(const int n_cases[], const unsigned proven[])
{
    int n_proven = 0;
    for (int i = 0; cg_ops[i]; i++) {
        const cg_op *op = cg_ops[i];
        const char *reason = exemption(op);
        if (reason) {
            ok(n_cases[i] == 0, "%s has no stored values: %s", op->name, reason);
            continue;
        }
        if (n_cases[i] == 0) {
            skip(op->name, "no stored values yet: add cases to t/golden/make_golden.py");
            continue;
        }
        n_proven++;
        int arity = cg_op_arity(op);
        unsigned expected = ((1u << (arity < 0 ? 1 : arity)) - 1) & ~op->fixed;
        ok((proven[i] & expected) == expected, "%s has stored gradients too", op->name);
    }
    ok(n_proven >= OPS_WITH_VALUES, "%d operations have stored values, %d at least", n_proven,
       OPS_WITH_VALUES);
}

/* The next value of the file, or NULL at its end or at a mistake, which is reported. */
static json_t *next(FILE *file, int line)
{
    int c = fgetc(file);
    while (c == '\n') c = fgetc(file);
    if (c == EOF) return NULL;
    ungetc(c, file);
    json_error_t error;
    json_t *json = json_loadf(file, JSON_DISABLE_EOF_CHECK, &error);
    if (!json) ok(0, "cases.jsonl:%d is JSON: %s", line, error.text);
    return json;
}

int main(void)
{
    const char *source = getenv("top_srcdir");
    char path[4096];
    snprintf(path, sizeof path, "%s/t/golden/cases.jsonl", source ? source : ".");
    FILE *file = fopen(path, "r");
    int *n_cases = calloc((size_t)n_ops(), sizeof *n_cases);
    unsigned *proven = calloc((size_t)n_ops(), sizeof *proven);
    if (ok(file && n_cases && proven, "the stored cases are there")) {
        json_t *json;
        for (int line = 1; (json = next(file, line)); line++) {
            check_line(json, line, n_cases, proven);
            json_decref(json);
        }
        check_coverage(n_cases, proven);
    }
    if (file) fclose(file);
    free(n_cases);
    free(proven);
    return done_testing();
}
