/* Layers against the values and gradients that PyTorch computed: t/golden/layers.jsonl, written by
 * t/golden/make_layers.py, which describes the format. */
#include "recorded.h"

#include "../tap.h"

#include <jansson.h>

#include <math.h>
#include <stdlib.h>

enum { MAX_PARAMETERS = 4, MAX_OUTPUTS = MAX_PARAMETERS + 2 };

/* Nodes and what is expected of them: y, dx, the gradients. */
typedef struct {
    int n;
    cg_node *node[MAX_OUTPUTS];
    const json_t *value[MAX_OUTPUTS];
} outputs;

static const json_t *values_of(const json_t *array)
{
    return json_array_get(array, 1);
}

/* "[2, 3]" without the batch. */
static void shape_text(const json_t *array, char text[100])
{
    const json_t *shape = json_array_get(array, 0);
    int n = 0;
    for (size_t i = 1; i < json_array_size(shape); i++)
        n += snprintf(text + n, 100 - (size_t)n, "%s%d", i == 1 ? "[" : ", ",
                      (int)json_integer_value(json_array_get(shape, i)));
    snprintf(text + n, 100 - (size_t)n, "]");
}

static void feed(cg_program *p, cg_dtype dtype, const cg_node *node, const json_t *values)
{
    for (size_t i = 0; node && i < json_array_size(values); i++) {
        double v = json_number_value(json_array_get(values, i));
        if (dtype == CG_F64)
            cg_data_f64(p, node)[i] = v;
        else
            cg_data_f32(p, node)[i] = (float)v;
    }
}

/* The largest difference, of the largest value or 1; infinity for another number of values. */
static double difference(cg_program *p, cg_dtype dtype, const cg_node *node, const json_t *values)
{
    size_t n = json_array_size(values);
    double worst = 0, most = 1;
    if ((int64_t)n != cg_shape_size(cg_node_shape(node))) return INFINITY;
    for (size_t i = 0; i < n; i++) {
        double v = json_number_value(json_array_get(values, i));
        double d = (dtype == CG_F64 ? cg_data_f64(p, node)[i] : (double)cg_data_f32(p, node)[i]);
        if (!(fabs(d - v) <= worst)) worst = isnan(d) ? INFINITY : fabs(d - v);
        most = fmax(most, fabs(v));
    }
    return worst / most;
}

/* Records y, and its gradients with respect to x and the parameters. */
static bool record_case(recorded *m, const json_t *c, cg_node **dy, outputs *out)
{
    char shape[100];
    const json_t *x = json_object_get(c, "x"), *gradients = json_object_get(c, "gradients");
    const char *layers = json_string_value(json_object_get(c, "layers")), *name;
    json_t *value;
    int64_t batch = json_integer_value(json_array_get(json_array_get(x, 0), 0));
    cg_node *wrt[MAX_OUTPUTS];
    shape_text(x, shape);
    if (!record_layers(m, shape, layers, CG_TRAINING, batch)) return false;
    out->n = 2;
    wrt[0] = m->r.x;
    out->node[0] = output_of(m, "t");
    out->value[0] = values_of(json_object_get(c, "y"));
    out->value[1] = json_object_get(c, "dx");
    json_object_foreach((json_t *)(uintptr_t)gradients, name, value)
    {
        wrt[out->n - 1] = cg_graph_find(m->graph, name);
        if (!wrt[out->n - 1] || out->n == MAX_OUTPUTS) return false;
        out->value[out->n++] = value;
    }
    *dy = cg_input(m->graph, "dy", *cg_node_shape(out->node[0]));
    return cg_gradient(out->node[0], *dy, out->n - 1, wrt, out->node + 1) == CG_OK;
}

static double run(const json_t *c, cg_dtype dtype)
{
    recorded m;
    outputs out;
    cg_node *dy;
    cg_program *p = NULL;
    const char *name;
    json_t *value;
    double worst = INFINITY;
    cg_compile_options options = { .dtype = dtype };
    if (record_case(&m, c, &dy, &out) &&
        cg_compile(&p, m.graph, out.n, out.node, &options, NULL) == CG_OK) {
        feed(p, dtype, m.r.x, values_of(json_object_get(c, "x")));
        feed(p, dtype, dy, json_object_get(c, "dy"));
        json_object_foreach(json_object_get(c, "parameters"), name, value)
            feed(p, dtype, cg_graph_find(m.graph, name), values_of(value));
        worst = cg_run(p, 1, 0) == CG_OK ? 0 : INFINITY;
        for (int i = 0; i < out.n; i++) {
            double d = difference(p, dtype, out.node[i], out.value[i]);
            if (!(d <= worst)) worst = isnan(d) ? INFINITY : d;
        }
    }
    cg_program_free(p);
    recorded_free(&m);
    return worst;
}

int main(void)
{
    char path[4096], line[20000];
    const char *top = getenv("top_srcdir");
    snprintf(path, sizeof path, "%s/t/golden/layers.jsonl", top ? top : ".");
    FILE *file = fopen(path, "r");
    int n = 0;
    while (file && fgets(line, sizeof line, file)) {
        json_t *c = json_loads(line, 0, NULL);
        const char *layers = json_string_value(json_object_get(c, "layers"));
        double wide = c ? run(c, CG_F64) : INFINITY, narrow = c ? run(c, CG_F32) : INFINITY;
        if (!layers) layers = "no case";
        int first = (int)strcspn(layers, "\n");
        n++;
        ok(wide <= 1e-10, "line %d, %.*s: float64 agrees with PyTorch", n, first, layers);
        ok(narrow <= 2e-5, "line %d, %.*s: float32 agrees with PyTorch", n, first, layers);
        if (!(wide <= 1e-10 && narrow <= 2e-5)) printf("# differences %g, %g\n", wide, narrow);
        json_decref(c);
    }
    if (file) fclose(file);
    ok(n >= 37, "%d cases are stored", n);
    return done_testing();
}
