/* An analytic gradient against central differences.
 *
 * By element the five-point stencil, (8 (f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12h, error
 * O(h^4); along a direction two steps of Richardson's extrapolation over h, h/2, h/4, error O(h^6).
 * Both lose about |f| epsilon / h to rounding, which the tolerance therefore includes: it matters
 * only where a kink has forced a small h. */
#include "check/compare.h"

#include "base/error.h"
#include "base/memory.h"
#include "check/sample.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
    ELEMENT_STEPS = 3,   /* each 16 times smaller */
    DIRECTION_STEPS = 7, /* each 4 times smaller  */
    ROUNDING = 32,       /* of f, in units in the last place: sums over many terms */
};
static const double NEAR_ZERO = 0.02; /* steps are in proportion to |x|, or this if it is larger */

typedef struct {
    cg_probe *probe;
    const cg_node *f;
    uint64_t branches; /* taken in the middle */
    bool kink;         /* others were taken at some point since */
    double largest;    /* |f| seen */
    cg_status status;
} sight;

static double look(sight *s)
{
    if (s->status == CG_OK) s->status = cg_probe_run(s->probe);
    if (s->status != CG_OK) return NAN;
    double f = cg_data_f64(s->probe->program, s->f)[0];
    s->kink |= cg_program_branches(s->probe->program) != s->branches;
    s->largest = fmax(s->largest, fabs(f));
    return f;
}

static sight look_at_the_middle(cg_probe *probe, const cg_node *f)
{
    sight s = { .probe = probe, .f = f };
    look(&s);
    s.branches = cg_program_branches(probe->program);
    return s;
}

static double step_of(double x)
{
    return fmax(fabs(x), NEAR_ZERO);
}

static double rounding(const sight *s, double h)
{
    return ROUNDING * DBL_EPSILON * s->largest / h;
}

/* ---- the verdict
 * -------------------------------------------------------------------------------*/
typedef struct {
    double rtol, atol, scale, largest;
    bool failed;
} judge;

static judge judge_new(const cg_check_options *options, double rtol, double scale)
{
    judge j = { .rtol = options->rtol > 0 ? options->rtol : rtol,
                .atol = options->atol > 0 ? options->atol : 1e-9 };
    j.scale = fmax(scale, j.atol / j.rtol);
    return j;
}

/* Written so that NaN fails. */
static void weigh(judge *j, cg_check_result *r, double analytic, double numeric, double rounding,
                  int64_t element)
{
    double size = fmax(fabs(analytic), fabs(numeric));
    double error = fabs(analytic - numeric) / fmax(size, j->scale);
    if (!(error <= j->rtol + rounding / fmax(size, j->scale))) j->failed = true;
    if (r->n == 0 || (!isnan(r->error) && !(error <= r->error))) {
        r->error = error;
        r->analytic = analytic;
        r->numeric = numeric;
        r->element = element;
    }
    if (!(size <= j->largest)) j->largest = size;
    r->n++;
}

static void decide(const judge *j, cg_check_result *r)
{
    r->verdict = r->n == 0               ? CG_KINK
                 : j->failed             ? CG_FAIL
                 : j->largest <= j->atol ? CG_VACUOUS
                                         : CG_PASS;
}

/* ---- by element
 * --------------------------------------------------------------------------------*/
static double look_beside(sight *s, double *x, double offset)
{
    double middle = *x;
    *x = middle + offset;
    double f = look(s);
    *x = middle;
    return f;
}

static double five_points(sight *s, double *x, double h)
{
    s->kink = false;
    double near = look_beside(s, x, h) - look_beside(s, x, -h);
    double far = look_beside(s, x, 2 * h) - look_beside(s, x, -2 * h);
    return (8 * near - far) / (12 * h);
}

static void compare_element(sight *s, const cg_variable *variable, int64_t i, double eps, judge *j,
                            cg_check_result *result)
{
    double *x = &variable->x[i];
    double h = (eps > 0 ? eps : 3e-4) * step_of(*x);
    double numeric = five_points(s, x, h);
    for (int step = 1; s->kink && eps <= 0 && step < ELEMENT_STEPS; step++) {
        h /= 16;
        numeric = five_points(s, x, h);
    }
    if (s->kink)
        result->n_kinks++;
    else
        weigh(j, result, variable->analytic[i], numeric, rounding(s, h), i);
}

cg_status cg_compare_elements(cg_probe *probe, const cg_node *f, const cg_variable *variable,
                              int64_t n_picked, const int64_t picked[],
                              const cg_check_options *options, cg_check_result *result,
                              cg_error *error)
{
    double scale = 0;
    for (int64_t i = 0; i < variable->n; i++) scale = fmax(scale, fabs(variable->analytic[i]));
    judge j = judge_new(options, 1e-6, scale);
    sight s = look_at_the_middle(probe, f);
    int64_t n = picked ? n_picked : variable->n;
    result->element = -1;
    for (int64_t k = 0; k < n && s.status == CG_OK; k++) {
        int64_t i = picked ? picked[k] : k;
        if (variable->x)
            compare_element(&s, variable, i, options->eps, &j, result);
        else
            weigh(&j, result, variable->analytic[i], 0, 0, i);
    }
    decide(&j, result);
    if (s.status != CG_OK) return cg_fail(error, s.status, "a gradient check could not be run");
    return CG_OK;
}

/* ---- along a direction
 * -------------------------------------------------------------------------*/
typedef struct {
    int n;
    const cg_variable *variable;
    double **middle, **v;
} line;

static void line_free(line *l)
{
    for (int i = 0; i < l->n; i++) {
        if (l->middle) cg_release(l->middle[i]);
        if (l->v) cg_release(l->v[i]);
    }
    cg_release(l->middle);
    cg_release(l->v);
}

static bool line_new(line *l, int n, const cg_variable variable[])
{
    *l = (line){ .n = n, .variable = variable };
    l->middle = cg_alloc((size_t)n, sizeof *l->middle);
    l->v = cg_alloc((size_t)n, sizeof *l->v);
    for (int i = 0; i < n; i++) {
        size_t size = (size_t)variable[i].n;
        if (l->middle) l->middle[i] = cg_alloc(size, sizeof(double));
        if (l->v) l->v[i] = cg_alloc(size, sizeof(double));
        if (!l->middle || !l->v || !l->middle[i] || !l->v[i]) return false;
        if (variable[i].x) memcpy(l->middle[i], variable[i].x, size * sizeof(double));
    }
    return true;
}

static void line_draw(line *l, uint64_t seed, int attempt)
{
    for (int i = 0; i < l->n; i++) {
        cg_weights_fill(seed, "direction", (uint64_t)(attempt * CG_MAX_INPUTS + i),
                        l->variable[i].n, l->v[i]);
        for (int64_t k = 0; k < l->variable[i].n; k++) l->v[i][k] *= step_of(l->middle[i][k]);
    }
}

static void line_move(const line *l, double t)
{
    for (int i = 0; i < l->n; i++)
        for (int64_t k = 0; l->variable[i].x && k < l->variable[i].n; k++)
            l->variable[i].x[k] = l->middle[i][k] + t * l->v[i][k];
}

static double central(sight *s, const line *l, double h)
{
    line_move(l, h);
    double right = look(s);
    line_move(l, -h);
    double left = look(s);
    line_move(l, 0);
    return (right - left) / (2 * h);
}

static double richardson(sight *s, const line *l, double h)
{
    s->kink = false;
    double d1 = central(s, l, h), d2 = central(s, l, h / 2), d4 = central(s, l, h / 4);
    double r1 = (4 * d2 - d1) / 3, r2 = (4 * d4 - d2) / 3;
    return (16 * r2 - r1) / 15;
}

/* Sum and root of the sum of squares of df/dx[i] v[i]: the projection, and its usual size. */
static double project(const line *l, double *scale)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < l->n; i++)
        for (int64_t k = 0; k < l->variable[i].n; k++) {
            double term = l->variable[i].analytic[k] * l->v[i][k];
            sum += term;
            squares += term * term;
        }
    *scale = sqrt(squares);
    return sum;
}

cg_status cg_compare_projected(cg_probe *probe, const cg_node *f, int n,
                               const cg_variable variable[], double *const direction[],
                               const cg_check_options *options, cg_check_result *result,
                               cg_error *error)
{
    line l;
    if (!line_new(&l, n, variable)) {
        line_free(&l);
        return cg_fail_nomem(error, "a gradient check");
    }
    sight s = look_at_the_middle(probe, f);
    double h = options->eps > 0 ? options->eps : 2e-3, numeric = NAN;
    for (int attempt = 0; attempt < DIRECTION_STEPS && s.status == CG_OK; attempt++) {
        if (attempt && options->eps <= 0) h /= 4;
        line_draw(&l, options->seed, attempt);
        for (int i = 0; direction && i < n; i++)
            memcpy(l.v[i], direction[i], (size_t)variable[i].n * sizeof(double));
        numeric = richardson(&s, &l, h);
        if (!s.kink) break;
        result->n_kinks++;
    }
    double scale, analytic = project(&l, &scale);
    judge j = judge_new(options, 1e-8, scale);
    if (!s.kink) weigh(&j, result, analytic, numeric, rounding(&s, h / 4), -1);
    result->element = -1;
    decide(&j, result);
    line_free(&l);
    if (s.status != CG_OK) return cg_fail(error, s.status, "a gradient check could not be run");
    return CG_OK;
}
