/* What happens at kinks, ties, NaN and infinity: what the help texts promise. */
#include <cnngraph/ops.h>
#include <cnngraph/program.h>

#include "base/cpu.h"

#include "../tap.h"

#include <math.h>

/* dy/dx of f at each of x[0..n-1], in double precision. */
static bool gradient_at(cg_node *(*f)(cg_node *), int n, const double x[], double dx[])
{
    cg_graph *graph = cg_graph_new();
    cg_node *input = cg_input(graph, "x", CG_SHAPE(n)), *grad = NULL;
    cg_program *program = NULL;
    cg_error error = { .status = CG_OK };
    bool good = cg_gradient(f(input), NULL, 1, &input, &grad) == CG_OK &&
                cg_compile(&program, graph, 1, &grad, &(cg_compile_options){ .dtype = CG_F64 },
                           &error) == CG_OK;
    if (good) {
        for (int i = 0; i < n; i++) cg_data_f64(program, input)[i] = x[i];
        good = cg_run(program, 0, 0) == CG_OK;
        for (int i = 0; i < n && good; i++) dx[i] = cg_data_f64(program, grad)[i];
    } else {
        printf("# %s%s\n", cg_graph_error(graph)->message, error.message);
    }
    cg_program_free(program);
    cg_graph_free(graph);
    return good;
}

static void kink(const char *what, cg_node *(*f)(cg_node *), int n, const double x[],
                 const double expected[])
{
    double dx[4] = { NAN, NAN, NAN, NAN };
    bool same = gradient_at(f, n, x, dx);
    for (int i = 0; i < n; i++) {
        same = same && dx[i] == expected[i];
        if (dx[i] != expected[i]) printf("# at %g: %g, expected %g\n", x[i], dx[i], expected[i]);
    }
    ok(same, "%s", what);
}

static cg_node *leaky(cg_node *x)
{
    return cg_leaky_relu(x, 0.25);
}
static cg_node *elu(cg_node *x)
{
    return cg_elu(x, 0.5);
}
static cg_node *clip(cg_node *x)
{
    return cg_clip(x, -1, 2);
}
static cg_node *maximum(cg_node *x)
{
    return cg_maximum(x, cg_scale(cg_constant_like(x, 1), 1));
}
static cg_node *max_from_b(cg_node *x)
{
    return cg_maximum(cg_constant_like(x, 1), x);
}
static cg_node *minimum(cg_node *x)
{
    return cg_minimum(x, cg_constant_like(x, 1));
}
static cg_node *min_from_b(cg_node *x)
{
    return cg_minimum(cg_constant_like(x, 1), x);
}
static cg_node *largest(cg_node *x)
{
    return cg_max(x, 0, false);
}
static cg_node *power_0(cg_node *x)
{
    return cg_pow(x, cg_constant_like(x, 0));
}
static cg_node *power_2(cg_node *x)
{
    return cg_pow(x, cg_constant_like(x, 2));
}

static void kinks(void)
{
    const double x[] = { -1, 0, 1, 2 };
    kink("relu has gradient 0 at 0", cg_relu, 4, x, (double[]){ 0, 0, 1, 1 });
    kink("abs has gradient 0 at 0", cg_abs, 4, x, (double[]){ -1, 0, 1, 1 });
    kink("leaky_relu has its slope at 0", leaky, 4, x, (double[]){ 0.25, 0.25, 1, 1 });
    kink("elu has gradient alpha at 0", elu, 3, x + 1, (double[]){ 0.5, 1, 1 });
    kink("clip has gradient 1 at both ends", clip, 4, (double[]){ -1, -1.5, 2, 2.5 },
         (double[]){ 1, 0, 1, 0 });
    kink("maximum sends a tie to a", maximum, 4, x, (double[]){ 0, 0, 1, 1 });
    kink("maximum sends no tie to b", max_from_b, 4, x, (double[]){ 0, 0, 0, 1 });
    kink("minimum sends a tie to a", minimum, 4, x, (double[]){ 1, 1, 1, 0 });
    kink("minimum sends no tie to b", min_from_b, 4, x, (double[]){ 1, 1, 0, 0 });
    kink("max sends its gradient to the first maximum", largest, 4, (double[]){ 1, 3, 3, 2 },
         (double[]){ 0, 1, 0, 0 });
    kink("x^0 has gradient 0, also at 0", power_0, 4, x, (double[]){ 0, 0, 0, 0 });
    kink("x^2 has its gradient left of 0", power_2, 4, x, (double[]){ -2, 0, 2, 4 });
}

/* y of a kernel that takes vectors of n floats. */
static void run(const char *op, cg_tier tier, const void *attrs, int n_x, const float *const x[],
                int n, int n_y, float y[])
{
    const cg_shape in = CG_SHAPE(n), out = CG_SHAPE(n_y), *xs[] = { &in, &in };
    cg_op_find(op)->forward[tier](
        &(cg_call){ .attrs = attrs, .n_x = n_x, .xs = xs, .x = x, .ys = &out, .y = y }, 0,
        cg_op_find(op)->items ? 1 : n_y);
}

static void special_values(cg_tier tier)
{
    const char *name = cg_tier_name(tier);
    const float a[] = { NAN, 1, -INFINITY, INFINITY, -0.0f }, b[] = { 1, NAN, 2, 3, 5 };
    float y[5];
    run("relu", tier, NULL, 1, (const float *[]){ a }, 5, 5, y);
    ok(isnan(y[0]) && y[2] == 0 && y[3] == INFINITY, "relu keeps NaN and infinity (%s)", name);
    run("clip", tier, &(cg_clip_attrs){ .low = -1, .high = 1 }, 1, (const float *[]){ a }, 5, 5, y);
    ok(isnan(y[0]) && y[2] == -1 && y[3] == 1, "clip keeps NaN and cuts infinity off (%s)", name);
    run("maximum", tier, NULL, 2, (const float *[]){ a, b }, 5, 5, y);
    ok(isnan(y[0]) && isnan(y[1]) && y[2] == 2, "maximum is NaN if either is (%s)", name);
    run("minimum", tier, NULL, 2, (const float *[]){ a, b }, 5, 5, y);
    ok(isnan(y[0]) && isnan(y[1]) && y[3] == 3, "minimum is NaN if either is (%s)", name);
    const cg_reduce_attrs all = { .axes = 0 };
    run("max", tier, &all, 1, (const float *[]){ b }, 5, 1, y);
    ok(isnan(y[0]), "max is NaN if there is one (%s)", name);
    run("sum", tier, &all, 1, (const float *[]){ a + 3 }, 2, 1, y);
    ok(y[0] == INFINITY, "a sum with infinity is infinity (%s)", name);
    run("sum", tier, &all, 1, (const float *[]){ a + 2 }, 2, 1, y);
    ok(isnan(y[0]), "a sum with both infinities is NaN (%s)", name);
    const cg_axis_attrs last = { .axis = -1 };
    const float large[] = { 1000, 1001, -1000 };
    run("softmax", tier, &last, 1, (const float *[]){ large }, 3, 3, y);
    ok(fabs(y[0] - 0.2689414214) < 1e-7 && fabs(y[1] - 0.7310585786) < 1e-7 && y[2] == 0,
       "softmax does not overflow (%s)", name);
    run("log_softmax", tier, &last, 1, (const float *[]){ large }, 3, 3, y);
    ok(fabs(y[1] + 0.3132616875) < 1e-6 && fabs(y[2] + 2001.3132617) < 2e-4,
       "log_softmax goes where softmax rounds to 0 (%s)", name);
}

int main(void)
{
    kinks();
    for (int tier = 0; tier < CG_N_TIERS; tier++)
        if (cg_tier_usable((cg_tier)tier)) special_values((cg_tier)tier);
    return done_testing();
}
