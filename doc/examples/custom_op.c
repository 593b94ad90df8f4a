/* An op of one's own: swish1, y = x / (1 + exp(-b x)), defined outside the library, checked and
 * used like any other. cc custom_op.c $(pkg-config --cflags --libs cnngraph) -lm && ./a.out */
#include <cnngraph/cnngraph.h>

#include <math.h>
#include <stdio.h>

typedef struct {
    double b;
} swish_attrs;

/* The definition: double precision, plain loops. */
static void reference(const cg_ref_call *c)
{
    const swish_attrs *a = c->attrs;
    for (int64_t i = 0; i < cg_shape_size(c->ys); i++)
        c->y[i] = c->x[0][i] / (1 + exp(-a->b * c->x[0][i]));
}

/* What runs in float32: items [begin, end) of the output. */
static void forward(const cg_call *c, int64_t begin, int64_t end)
{
    const swish_attrs *a = c->attrs;
    for (int64_t i = begin; i < end; i++)
        c->y[i] = c->x[0][i] / (1 + expf(-(float)a->b * c->x[0][i]));
}

/* dy/dx = s + b x s (1 - s), s = sigmoid(b x): recorded in ops, so it has a gradient itself. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    const swish_attrs *a = cg_node_attrs(node);
    cg_node *x = cg_node_input(node, 0);
    cg_node *s = cg_sigmoid(cg_scale(x, a->b));
    cg_node *slope = cg_mul(cg_scale(x, a->b), cg_mul(s, cg_shift(cg_neg(s), 1)));
    dx[0] = cg_mul(dy, cg_add(s, slope));
}

static const cg_attr attrs[] = {
    CG_REAL(swish_attrs, b, 1, 1e-6, 1e6, "how steep"),
    { .name = NULL },
};

static const swish_attrs steep = { .b = 3 };
static const cg_sample samples[] = {
    { .x = { CG_DIMS(7) }, .n_x = 1, .low = -4, .high = 4 },
    { .x = { CG_DIMS(2, 3, 4) }, .n_x = 1, .attrs = &steep },
    { .n_x = 0 },
};

static const cg_op swish = {
    .name = "swish",
    .formula = "y = x / (1 + exp(-b x))",
    .help = "A smooth relu: P. Ramachandran et al., arXiv 1710.05941.",
    .inputs = "x",
    .onnx = "",
    .traits = CG_ELEMENTWISE,
    .attrs = attrs,
    .attrs_size = sizeof(swish_attrs),
    .shape = cg_shape_same,
    .vjp = vjp,
    .flow = cg_flow_elementwise,
    .forward = { forward },
    .reference = reference,
    .samples = samples,
};

static void print(void *context, const cg_check_result *r)
{
    int *n_wrong = context;
    *n_wrong += r->verdict != CG_PASS;
    printf("%s  sample %d, %s %s, error %.0e\n", cg_verdict_name(r->verdict), r->sample, r->input,
           cg_check_kind_name(r->kind), r->error);
}

int main(void)
{
    cg_error error = { 0 };
    int n_wrong = 0;
    if (cg_check_op(&swish, NULL, print, &n_wrong, &error) != CG_OK ||
        cg_check_kernel(&swish, NULL, NULL, print, &n_wrong, &error) != CG_OK)
        return puts(error.message), 1;

    cg_graph *graph = cg_graph_new();
    cg_node *x = cg_input(graph, "x", CG_SHAPE(3));
    cg_node *y = cg_record1(&swish, &steep, x);
    cg_program *program = NULL;
    if (cg_compile(&program, graph, 1, &y, NULL, &error) != CG_OK) return puts(error.message), 1;
    for (int i = 0; i < 3; i++) cg_data_f32(program, x)[i] = (float)(i - 1);
    cg_run(program, 0, 0);
    for (int i = 0; i < 3; i++) printf("swish(%d) = %.6f\n", i - 1, cg_data_f32(program, y)[i]);
    cg_program_free(program);
    cg_graph_free(graph);
    return n_wrong != 0;
}
