/* Initialisers that do not look at the layer: fixed values and fixed distributions. */
#include "nn/nn.h"

#include "base/rng.h"

static void fill(int64_t n, double values[], double value)
{
    for (int64_t i = 0; i < n; i++) values[i] = value;
}

static void zeros(const void *attrs, cg_rng *rng, int64_t fan_in, int64_t fan_out, int64_t n,
                  double values[])
{
    (void)attrs, (void)rng, (void)fan_in, (void)fan_out;
    fill(n, values, 0);
}

static void ones(const void *attrs, cg_rng *rng, int64_t fan_in, int64_t fan_out, int64_t n,
                 double values[])
{
    (void)attrs, (void)rng, (void)fan_in, (void)fan_out;
    fill(n, values, 1);
}

typedef struct {
    double value;
} constant_attrs;
static const cg_attr constant_table[] = {
    CG_REAL(constant_attrs, value, 0, -1e30, 1e30, "of every element"),
    { .name = NULL },
};

static void constant(const void *attrs, cg_rng *rng, int64_t fan_in, int64_t fan_out, int64_t n,
                     double values[])
{
    (void)rng, (void)fan_in, (void)fan_out;
    fill(n, values, ((const constant_attrs *)attrs)->value);
}

typedef struct {
    double low, high;
} uniform_attrs;
static const cg_attr uniform_table[] = {
    CG_REAL(uniform_attrs, low, -1, -1e30, 1e30, "lower end"),
    CG_REAL(uniform_attrs, high, 1, -1e30, 1e30, "upper end"),
    { .name = NULL },
};

static void uniform(const void *attrs, cg_rng *rng, int64_t fan_in, int64_t fan_out, int64_t n,
                    double values[])
{
    (void)fan_in, (void)fan_out;
    const uniform_attrs *a = attrs;
    for (int64_t i = 0; i < n; i++) values[i] = a->low + (a->high - a->low) * cg_rng_uniform(rng);
}

typedef struct {
    double mean, std;
} normal_attrs;
static const cg_attr normal_table[] = {
    CG_REAL(normal_attrs, mean, 0, -1e30, 1e30, "mean"),
    CG_REAL(normal_attrs, std, 1, 0, 1e30, "standard deviation"),
    { .name = NULL },
};

static void normal(const void *attrs, cg_rng *rng, int64_t fan_in, int64_t fan_out, int64_t n,
                   double values[])
{
    (void)fan_in, (void)fan_out;
    const normal_attrs *a = attrs;
    for (int64_t i = 0; i < n; i++) values[i] = a->mean + a->std * cg_rng_normal(rng);
}

const cg_init cg_init_zeros = { .name = "zeros", .help = "0", .fill = zeros };
const cg_init cg_init_ones = { .name = "ones", .help = "1", .fill = ones };
const cg_init cg_init_constant = {
    .name = "constant",
    .help = "one value",
    .attrs = constant_table,
    .attrs_size = sizeof(constant_attrs),
    .fill = constant,
};
const cg_init cg_init_uniform = {
    .name = "uniform",
    .help = "U(low, high)",
    .attrs = uniform_table,
    .attrs_size = sizeof(uniform_attrs),
    .fill = uniform,
};
const cg_init cg_init_normal = {
    .name = "normal",
    .help = "N(mean, std^2)",
    .attrs = normal_table,
    .attrs_size = sizeof(normal_attrs),
    .fill = normal,
};
