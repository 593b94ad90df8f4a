/* Logits and values at the ends of what floats hold: every kernel of every tier, and the double
 * references, against closed forms in extended precision. */
#include "trial.h"

#include <cnngraph/ops.h>
#include <cnngraph/program.h>

#include "nn/nn.h"

#include "../tap.h"

#include <float.h>

typedef long double real;

/* Is y what a float makes of `expected`: the same infinity, or near it by `bound`, of it or, for
 * what cancels, of `scale`? */
static bool is_near(double y, real expected, double bound, double scale)
{
    if (isnan(expected)) return isnan(y);
    if (fabsl(expected) > (real)FLT_MAX) return isinf((float)y) && (y > 0) == (expected > 0);
    return fabsl((real)y - expected) <= (real)bound * fmaxl(fabsl(expected), (real)scale) + 2e-45L;
}

/* Compares what the reference and the kernels of all tiers make of the trial's inputs. */
static void compare(trial *t, const char *what, const real expected[], double bound, double scale)
{
    int64_t wrong = -1;
    trial_reference(t);
    for (int64_t i = t->n_y - 1; i >= 0; i--)
        if (!is_near(t->y[i], expected[i], bound, scale)) wrong = i;
    ok(wrong < 0, "%s: the reference is right", what);
    if (wrong >= 0) printf("# [%d]: %.9g, not %.9Lg\n", (int)wrong, t->y[wrong], expected[wrong]);
    for (int tier = 0; tier < CG_N_TIERS; tier++) {
        if (!cg_tier_usable((cg_tier)tier)) continue;
        float *y = trial_kernel(t, (cg_tier)tier, 0);
        wrong = -1;
        for (int64_t i = t->n_y - 1; i >= 0; i--)
            if (!is_near((double)y[i], expected[i], bound, scale)) wrong = i;
        ok(wrong < 0, "%s: so is the kernel on %s", what, cg_tier_name((cg_tier)tier));
        if (wrong >= 0)
            printf("# [%d]: %.9g, not %.9Lg\n", (int)wrong, (double)y[wrong], expected[wrong]);
        cg_release(y);
    }
}

/* ---- element by element -------------------------------------------------------------------- */
static real sigmoid(real x)
{
    real e = expl(-fabsl(x));
    return (x < 0 ? e : 1) / (1 + e);
}

static real softplus(real x)
{
    return fmaxl(x, 0) + log1pl(expl(-fabsl(x)));
}

static void elements(void)
{
    static const double x[] = { 1e4,  -1e4,  88,       -88,       89, -89,   103, -103, 104, -104,
                                1e30, -1e30, INFINITY, -INFINITY, 0,  1e-30, -20, 20,   NAN };
    enum { N = sizeof x / sizeof *x };
    static const struct {
        const char *op;
        real (*closed)(real x);
    } ops[] = { { "sigmoid", sigmoid }, { "softplus", softplus } };
    for (size_t k = 0; k < sizeof ops / sizeof *ops; k++) {
        trial t = trial_new(cg_op_find(ops[k].op), NULL, 1, &CG_SHAPE(N));
        real expected[N];
        for (int i = 0; i < N; i++) {
            t.x[0][i] = (float)x[i];
            expected[i] = ops[k].closed((real)t.x[0][i]);
        }
        compare(&t, ops[k].op, expected, 4e-7, 0);
        trial_free(&t);
    }
}

/* ---- classes ------------------------------------------------------------------------------- */
enum { K = 4, MANY = 40, POSITIONS = 5, LARGEST = 200 };

static const struct {
    const char *what;
    double z[K];
} logits[] = {
    { "logits of 1e4", { 1e4, -1e4, 0, 1e4 } },
    { "logits where exp ends", { 88, 104, -104, -88 } },
    { "logits that underflow", { -88, -104, -89, -103 } },
    { "one logit far ahead", { 20, 0, -1, 0.5 } },
    { "ties", { 3, 3, 3, 3 } },
    { "masks of -infinity", { 0.5, -INFINITY, -1, -INFINITY } },
    { "masks of -1e30", { -1e30, 2, -1e30, 1 } },
    { "masks alone, of -1e30", { -1e30, -1e30, -1e30, -1e30 } },
    { "both masks", { -INFINITY, -1e30, 5, 5 } },
    { "logits of 1e30", { 1e30, -1e30, 0, 0 } },
    { "masks alone, of -infinity", { -INFINITY, -INFINITY, -INFINITY, -INFINITY } },
};
enum { N_LOGITS = sizeof logits / sizeof *logits };

/* log softmax(z)_k */
static real log_softmax(const double z[K], int k)
{
    real most = -INFINITY, sum = 0;
    for (int i = 0; i < K; i++) most = fmaxl(most, (real)z[i]);
    for (int i = 0; i < K; i++) sum += expl((real)z[i] - most);
    return ((real)z[k] - most) - logl(sum);
}

/* The shapes take different ways through the kernels: rows of few classes, of many, all but K of
 * them masked, and classes that lie apart. */
typedef enum { FEW, LONG, APART, N_LAYOUTS } layout;
static const char *const layouts[] = { "in short rows", "in long rows", "apart" };

static cg_shape shape_of(layout l)
{
    return l == FEW ? CG_SHAPE(3, K) : l == LONG ? CG_SHAPE(3, MANY) : CG_SHAPE(3, K, POSITIONS);
}

/* The class of element i, -1 behind the last. */
static int class_of(layout l, int64_t i)
{
    int64_t k = l == FEW ? i % K : l == LONG ? i % MANY : i / POSITIONS % K;
    return k < K ? (int)k : -1;
}

static void probabilities(const char *op, bool logarithm, int i, layout l)
{
    char what[100];
    real expected[LARGEST];
    cg_shape shape = shape_of(l);
    trial t = trial_new(cg_op_find(op), &(cg_axis_attrs){ .axis = 1 }, 1, &shape);
    for (int64_t e = 0; e < t.n_y; e++) {
        int k = class_of(l, e);
        t.x[0][e] = k < 0 ? -INFINITY : (double)(float)logits[i].z[k];
        real y = k < 0 ? log_softmax(logits[i].z, 0) : log_softmax(logits[i].z, k);
        if (k < 0 && !isnan(y)) y = -INFINITY;
        expected[e] = logarithm ? y : expl(y);
    }
    snprintf(what, sizeof what, "%s of %s, %s", op, logits[i].what, layouts[l]);
    compare(&t, what, expected, 1e-6, logarithm ? 1 : 1e-30);
    trial_free(&t);
}

/* Sum of -t log softmax(z), nothing for what t excludes. */
static real cross_entropy(const double z[K], const double t[K])
{
    real sum = 0;
    for (int k = 0; k < K; k++) {
        real cost = -log_softmax(z, k);
        if (t[k] != 0 || isnan(cost)) sum += (real)t[k] * cost;
    }
    return sum;
}

static void losses_of_classes(int i, layout l, const double target[K])
{
    char what[100];
    real expected[3];
    cg_shape shapes[] = { shape_of(l), shape_of(l) };
    trial t = trial_new(cg_op_find("softmax_cross_entropy"), NULL, 2, shapes);
    for (int64_t e = 0; e < cg_shape_size(&shapes[0]); e++) {
        int k = class_of(l, e);
        t.x[0][e] = k < 0 ? -INFINITY : (double)(float)logits[i].z[k];
        t.x[1][e] = k < 0 ? 0 : target[k];
    }
    for (int n = 0; n < 3; n++) expected[n] = cross_entropy(logits[i].z, target);
    snprintf(what, sizeof what, "cross-entropy of %s, %s, to %g %g %g %g", logits[i].what,
             layouts[l], target[0], target[1], target[2], target[3]);
    compare(&t, what, expected, 1e-6, 1);
    trial_free(&t);
}

static void classes(void)
{
    static const double targets[][K] = { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 0, 0, 0.5, 0.5 } };
    for (int i = 0; i < N_LOGITS; i++)
        for (int l = 0; l < N_LAYOUTS; l++) {
            probabilities("softmax", false, i, (layout)l);
            probabilities("log_softmax", true, i, (layout)l);
            for (size_t k = 0; k < sizeof targets / sizeof *targets; k++)
                losses_of_classes(i, (layout)l, targets[k]);
        }
}

/* ---- two classes --------------------------------------------------------------------------- */
/* t softplus(-z) + (1 - t) softplus(z), nothing for a share of 0. */
static real binary(double z, double t)
{
    return (t != 0 ? (real)t * softplus(-(real)z) : 0) +
           (t != 1 ? (1 - (real)t) * softplus((real)z) : 0);
}

static void two_classes(void)
{
    static const double z[] = { 1e4, -1e4, 88,   -88,      104,       -104, 20,
                                -20, 0,    1e30, INFINITY, -INFINITY, NAN };
    static const double targets[] = { 0, 1, 0.25 };
    enum { N = sizeof z / sizeof *z };
    for (size_t k = 0; k < sizeof targets / sizeof *targets; k++) {
        char what[60];
        cg_shape shapes[] = { CG_SHAPE(N, 1), CG_SHAPE(N, 1) };
        trial t = trial_new(cg_op_find("bce_with_logits"), NULL, 2, shapes);
        real expected[N];
        for (int i = 0; i < N; i++) {
            t.x[0][i] = (float)z[i];
            t.x[1][i] = targets[k];
            expected[i] = isnan(z[i]) ? (real)NAN : binary(t.x[0][i], targets[k]);
        }
        snprintf(what, sizeof what, "bce_with_logits to %g", targets[k]);
        compare(&t, what, expected, 1e-6, 0);
        trial_free(&t);
    }
}

/* ---- losses and their gradients as a model has them ---------------------------------------- */
typedef struct {
    const char *loss;
    double gamma; /* of the losses that have one */
} recorded_loss;

static cg_node *record_loss(const recorded_loss *r, cg_node *z, cg_node *label)
{
    union {
        char bytes[256];
        double aligned;
    } attrs;
    const cg_loss *loss = cg_loss_find(r->loss);
    if (loss->attrs_size > sizeof attrs) return NULL;
    memset(&attrs, 0, sizeof attrs);
    for (const cg_attr *a = loss->attrs; a && a->name; a++)
        if (!strcmp(a->name, "gamma")) memcpy(attrs.bytes + a->offset, &r->gamma, sizeof r->gamma);
    return cg_stabilise(loss->record(&attrs, z, label));
}

/* The loss and its gradient in z, in float on a tier, or in double. */
static bool run_loss(const recorded_loss *r, const double z[K], int label, cg_dtype dtype,
                     const char *isa, double out[1 + K])
{
    cg_graph *g = cg_graph_new();
    cg_program *p = NULL;
    cg_node *x = cg_input(g, "z", CG_SHAPE(1, K)), *y = cg_input(g, "y", CG_SHAPE(1));
    cg_node *loss = record_loss(r, x, y), *dz = NULL;
    cg_gradient(loss, NULL, 1, &x, &dz);
    cg_compile_options how = { .dtype = dtype, .isa = isa };
    bool good = cg_compile(&p, g, 2, (cg_node *[]){ loss, dz }, &how, NULL) == CG_OK;
    for (int i = 0; good && i < K; i++)
        if (dtype == CG_F64)
            cg_data_f64(p, x)[i] = (float)z[i];
        else
            cg_data_f32(p, x)[i] = (float)z[i];
    if (good && dtype == CG_F64) *cg_data_f64(p, y) = label;
    if (good && dtype == CG_F32) *cg_data_f32(p, y) = (float)label;
    good = good && cg_run(p, 0, 0) == CG_OK;
    for (int i = 0; good && i <= K; i++) {
        cg_node *node = i ? dz : loss;
        int at = i ? i - 1 : 0;
        out[i] = dtype == CG_F64 ? cg_data_f64(p, node)[at] : (double)cg_data_f32(p, node)[at];
    }
    cg_program_free(p);
    cg_graph_free(g);
    return good;
}

/* FL = (1 - p)^gamma CE and, with q = 1 - p, dFL/ds = q^gamma (q + gamma p CE), s the margin
 * against the truth; ds/dz_k is the share of k among the others, -1 of the truth. */
static void focal_closed(const double z[], int label, double gamma, real out[1 + K])
{
    real most = -INFINITY, sum = 0;
    for (int k = 0; k < K; k++)
        if (k != label) most = fmaxl(most, (real)z[k]);
    for (int k = 0; k < K; k++)
        if (k != label) sum += expl((real)z[k] - most);
    real s = most - (real)z[label] + logl(sum), p = sigmoid(-s), q = sigmoid(s);
    out[0] = powl(q, (real)gamma) * softplus(s);
    real slope = powl(q, (real)gamma) * (q + (real)gamma * p * softplus(s));
    for (int k = 0; k < K; k++)
        out[1 + k] = k == label ? -slope : slope * expl((real)z[k] - most) / sum;
}

static void cross_entropy_closed(const double z[], int label, double unused, real out[1 + K])
{
    (void)unused;
    out[0] = -log_softmax(z, label);
    for (int k = 0; k < K; k++) out[1 + k] = expl(log_softmax(z, k)) - (k == label);
}

static bool agrees(const char *what, const double found[1 + K], const real expected[1 + K])
{
    bool same = true;
    for (int i = 0; i <= K; i++) {
        bool near = is_near(found[i], expected[i], 2e-6, i ? 1 : 1e-6);
        if (!near) printf("# %s [%d]: %.9g, not %.9Lg\n", what, i, found[i], expected[i]);
        same = same && near;
    }
    return same;
}

static void gradients(void)
{
    static const struct {
        recorded_loss loss;
        void (*closed)(const double z[], int label, double gamma, real out[1 + K]);
    } losses[] = {
        { { "cross_entropy", 0 }, cross_entropy_closed },
        { { "focal", 2 }, focal_closed },
        { { "focal", 0 }, focal_closed },
    };
    for (size_t n = 0; n < sizeof losses / sizeof *losses; n++)
        for (int i = 0; i < N_LOGITS; i++) {
            const recorded_loss *r = &losses[n].loss;
            int label = 2; /* never masked but where all are */
            real expected[1 + K];
            double found[1 + K];
            if (isinf(logits[i].z[label])) continue;
            losses[n].closed(logits[i].z, label, r->gamma, expected);
            bool same = run_loss(r, logits[i].z, label, CG_F64, NULL, found) &&
                        agrees("float64", found, expected);
            for (int tier = 0; tier < CG_N_TIERS; tier++) {
                const char *isa = cg_tier_name((cg_tier)tier);
                if (!cg_tier_usable((cg_tier)tier)) continue;
                same = run_loss(r, logits[i].z, label, CG_F32, isa, found) &&
                       agrees(isa, found, expected) && same;
            }
            ok(same, "%s %g of %s, and its gradient", r->loss, r->gamma, logits[i].what);
        }
}

/* ---- values -------------------------------------------------------------------------------- */
static real term_mse(real x, real t)
{
    return (x - t) * (x - t);
}
static real term_mae(real x, real t)
{
    return fabsl(x - t);
}
static real term_huber(real x, real t)
{
    real d = fabsl(x - t);
    return d <= 1 ? d * d / 2 : d - 0.5L;
}
static real term_hinge(real x, real t)
{
    return fmaxl(0, 1 - t * x);
}

static const cg_huber_attrs huber_at_1 = { 1 };

/* Rows of equal values: x, against t. */
static void values(void)
{
    static const struct {
        const char *op;
        const void *attrs;
        real (*term)(real x, real t);
    } losses[] = { { "mse", NULL, term_mse },
                   { "mae", NULL, term_mae },
                   { "huber", &huber_at_1, term_huber },
                   { "hinge", NULL, term_hinge } };
    static const double pairs[][2] = { { 7, 7 },     { 1e-30, 0 },    { 1e-30, -1e-30 },
                                       { 1e30, 0 },  { 1e30, 1e30 },  { 1e4, 9999 },
                                       { 1e18, -1 }, { -1e30, 1e30 }, { 0, 0 },
                                       { 1e-30, 1 }, { INFINITY, 1 } };
    for (size_t n = 0; n < sizeof losses / sizeof *losses; n++)
        for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
            for (int width = 1; width <= 37; width += 36) {
                char what[80];
                cg_shape shapes[] = { CG_SHAPE(1, width), CG_SHAPE(1, width) };
                trial t = trial_new(cg_op_find(losses[n].op), losses[n].attrs, 2, shapes);
                for (int k = 0; k < width; k++) {
                    t.x[0][k] = (float)pairs[i][0];
                    t.x[1][k] = (float)pairs[i][1];
                }
                real expected = losses[n].term((real)t.x[0][0], (real)t.x[1][0]);
                snprintf(what, sizeof what, "%s of %g and %g, %d a row", losses[n].op, pairs[i][0],
                         pairs[i][1], width);
                compare(&t, what, &expected, 1e-6, 0);
                trial_free(&t);
            }
}

/* ---- normalisation ------------------------------------------------------------------------- */
static const struct {
    const char *what;
    double center, scale;
} spreads[] = {
    { "constants", 3, 0 },
    { "constants of 1e8", 100000008, 0 },
    { "tiny values", 0, 1e-30 },
    { "huge values", 0, 1e30 },
    { "1e4 and 1 more or less", 1e4, 1 },
    { "zeros", 0, 0 },
    { "equal values of 1e30", 1e30, 0 },
};

/* Element i of some that lie around the center. */
static double spread_value(size_t s, int64_t i)
{
    return (float)(spreads[s].center + spreads[s].scale * sin(1.0 + 2.4 * (double)i));
}

/* (x - mean) / sqrt(var + 1e-5) of n elements `step` apart in rows `stride` apart; moments gets
 * mean and variance. */
static void normalise(const double *x, int64_t rows, int64_t stride, int64_t n, real *y,
                      real moments[2])
{
    real mean = 0, var = 0, count = (real)(rows * n);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < n; i++) mean += (real)x[r * stride + i] / count;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < n; i++) {
            real d = (real)x[r * stride + i] - mean;
            var += d * d / count;
        }
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < n; i++)
            y[r * stride + i] = ((real)x[r * stride + i] - mean) / sqrtl(var + 1e-5L);
    moments[0] = mean;
    moments[1] = var;
}

/* The unit in the last place of the largest of them. */
static double ulp(size_t s)
{
    return 0x1p-23 * (fabs(spreads[s].center) + spreads[s].scale);
}

/* Values that are all alike lie, once normalised, as far from 0 as an error in the last place of
 * their mean takes them; a thousandth of that is allowed. */
static double blur(size_t s)
{
    return 1e-6 + (spreads[s].scale == 0 ? 1e-3 * ulp(s) / sqrt(1e-5) : 0);
}

/* Means to the last place of the values, variances to 2e-6 and the square of that place. */
static void check_moments(size_t s, trial *t, const real expected[])
{
    for (int tier = -1; tier < CG_N_TIERS; tier++) {
        char text[CG_SHAPE_TEXT];
        bool is_reference = tier < 0, same = true;
        if (!is_reference && !cg_tier_usable((cg_tier)tier)) continue;
        if (is_reference) trial_reference(t);
        float *y = is_reference ? NULL : trial_kernel(t, (cg_tier)tier, 0);
        for (int64_t i = 0; i < t->n_y; i++) {
            double found = y ? (double)y[i] : t->y[i], place = i % 2 ? ulp(s) * ulp(s) : ulp(s);
            bool near = is_near(found, expected[i], i % 2 ? 2e-6 : 0, 0) ||
                        fabsl((real)found - expected[i]) <= 2 * (real)place;
            if (!near) printf("# [%d]: %.9g, not %.9Lg\n", (int)i, found, expected[i]);
            same = same && near;
        }
        ok(same, "moments of %s, %s: %s", spreads[s].what, cg_shape_text(t->xs[0], text),
           is_reference ? "the reference" : cg_tier_name((cg_tier)tier));
        cg_release(y);
    }
}

static void check_batch_norm(size_t s, const cg_shape *shape)
{
    char what[100], text[CG_SHAPE_TEXT];
    int64_t N = shape->dim[0], C = shape->dim[1], plane = cg_shape_size(shape) / (N * C);
    cg_shape shapes[] = { *shape, CG_SHAPE(C), CG_SHAPE(C) };
    trial t = trial_new(cg_op_find("batch_norm"), NULL, 3, shapes);
    trial m = trial_new(cg_op_find("moments"), NULL, 1, shapes);
    real expected[LARGEST], moments[LARGEST];
    for (int64_t i = 0; i < t.n_y; i++) m.x[0][i] = t.x[0][i] = spread_value(s, i);
    for (int64_t c = 0; c < C; c++) {
        t.x[1][c] = 1;
        normalise(t.x[0] + c * plane, N, C * plane, plane, expected + c * plane, moments + 2 * c);
    }
    snprintf(what, sizeof what, "batch_norm of %s, %s", spreads[s].what,
             cg_shape_text(shape, text));
    compare(&t, what, expected, 1e-6, blur(s) / 1e-6);
    check_moments(s, &m, moments);
    trial_free(&t);
    trial_free(&m);
}

static void check_layer_norm(size_t s, int64_t n)
{
    char what[100];
    cg_shape shapes[] = { CG_SHAPE(2, n), CG_SHAPE(n), CG_SHAPE(n) };
    trial t = trial_new(cg_op_find("layer_norm"), NULL, 3, shapes);
    real expected[LARGEST], unused[2];
    for (int64_t i = 0; i < t.n_y; i++) t.x[0][i] = spread_value(s, i);
    for (int64_t i = 0; i < n; i++) t.x[1][i] = 1;
    for (int r = 0; r < 2; r++) normalise(t.x[0] + r * n, 1, n, n, expected + r * n, unused);
    snprintf(what, sizeof what, "layer_norm of %s, rows of %d", spreads[s].what, (int)n);
    compare(&t, what, expected, 1e-6, blur(s) / 1e-6);
    trial_free(&t);
}

static void norms(void)
{
    static const cg_shape shapes[] = { CG_DIMS(2, 3, 5), CG_DIMS(7, 19), CG_DIMS(1, 3, 4),
                                       CG_DIMS(1, 2), CG_DIMS(2, 1, 37) };
    for (size_t s = 0; s < sizeof spreads / sizeof *spreads; s++) {
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) check_batch_norm(s, &shapes[i]);
        check_layer_norm(s, 1);
        check_layer_norm(s, 8);
        check_layer_norm(s, 37);
    }
}

int main(void)
{
    elements();
    classes();
    two_classes();
    gradients();
    values();
    norms();
    return done_testing();
}
