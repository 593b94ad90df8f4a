/* Optimisers, decay, schedules and clipping, as model files declare them, against 20 steps of
 * PyTorch or of the paper's formula, in double precision. */
#include "base/error.h"
#include "engine/program.h"
#include "train/update.h"

#include <cnngraph/ops.h>

#include "../golden/optim.h"
#include "../tap.h"

#include <math.h>
#include <string.h>

enum { N_CASES = sizeof golden_optim / sizeof *golden_optim };

typedef struct {
    cg_model *model;
    const cg_spec *spec;
    cg_graph *graph;
    cg_program *program;
    cg_node *gradient, *scalars[CG_UPDATE_SCALARS];
} update;

/* An epoch is one step, so that schedules go as far as in PyTorch. */
static cg_status parse(update *u, const char *optimizer, const char *schedule, const char *train,
                       const char *layer, cg_error *error)
{
    char yaml[1000];
    int n = snprintf(yaml, sizeof yaml,
                     "cnngraph: 1\ndata: {source: digits}\nloss: cross_entropy\n"
                     "model:\n  input: {shape: [1, 28, 28]}\n  layers:\n"
                     "    - flatten\n    - dense: {name: d, units: 10, %s}\n"
                     "    - dense: {name: e, units: 10}\n"
                     "optimizer: %s\nschedule: %s\ntrain: {epochs: %d, batch: 8, %s}\n",
                     layer, optimizer, schedule, GOLDEN_STEPS, train);
    CG_TRY(cg_model_parse(&u->model, "m.yaml", yaml, (size_t)n, 0, NULL, NULL, error));
    u->spec = cg_model_spec(u->model);
    return CG_OK;
}

/* theta is two parameters that are named like those of the model. */
static cg_status compile(update *u, int64_t size, cg_dtype dtype, cg_error *error)
{
    u->graph = cg_graph_new();
    cg_parameter(u->graph, "d.weight", CG_SHAPE(2, size / 2));
    cg_parameter(u->graph, "e.bias", CG_SHAPE(2));
    u->gradient = cg_input(u->graph, "gradient", CG_SHAPE(size + 2));
    cg_record_update(u->model, u->graph, u->gradient, u->scalars);
    return cg_compile(&u->program, u->graph, 0, NULL, &(cg_compile_options){ .dtype = dtype },
                      error);
}

static void close(update *u)
{
    cg_program_free(u->program);
    cg_graph_free(u->graph);
    cg_model_free(u->model);
}

static void take_step(const update *u, int step, double state[])
{
    double values[CG_UPDATE_SCALARS], *gradient = cg_data_f64(u->program, u->gradient);
    for (int e = 0; e < GOLDEN_SIZE; e++) gradient[e] = ((7 * step + 3 * e) % 11 - 5) / 4.0;
    cg_update_values(u->spec, cg_learning_rate(u->spec, (uint64_t)step, 1, state), (uint64_t)step,
                     1, values);
    for (int k = 0; k < CG_UPDATE_SCALARS; k++) {
        double *scalar = u->scalars[k] ? cg_data_f64(u->program, u->scalars[k]) : NULL;
        if (scalar) *scalar = values[k];
    }
    cg_run(u->program, 0, (uint64_t)step);
}

/* What a schedule may watch, as in make_optim.py. */
static void observe(const update *u, int step, double state[])
{
    const cg_schedule *s = u->spec->schedule;
    double value = (5 * step % 7 + 3) / 8.0 + pow(2, -step);
    bool is_larger_better = u->spec->schedule_monitor && strstr(u->spec->schedule_monitor, "acc");
    if (s->observe) s->observe(u->spec->schedule_attrs, value, is_larger_better, state);
}

static double worst_difference(const update *u, int i)
{
    double worst = 0, *theta = cg_program_leaf(u->program, CG_NODE_PARAMETER, 0).data;
    double state[CG_SCHEDULE_STATE] = { 0 };
    for (int e = 0; e < GOLDEN_SIZE; e++) theta[e] = (e - 2.5) / 2;
    for (int step = 0, shown = 0; step < GOLDEN_STEPS; step++) {
        take_step(u, step, state);
        observe(u, step, state);
        if (step + 1 != golden_shown[shown]) continue;
        for (int e = 0; e < GOLDEN_SIZE; e++)
            worst = fmax(worst, fabs(theta[e] - golden_optim[i].theta[shown][e]));
        shown++;
    }
    return worst;
}

static void test_case(int i)
{
    const char *optimizer = golden_optim[i].optimizer, *schedule = golden_optim[i].schedule,
               *train = golden_optim[i].train, *layer = golden_optim[i].layer;
    update u = { 0 };
    cg_error error = { 0 };
    bool made = parse(&u, optimizer, schedule, train, layer, &error) == CG_OK &&
                compile(&u, GOLDEN_WEIGHTS, CG_F64, &error) == CG_OK;
    if (ok(made, "%s compiles %s", optimizer, error.message)) {
        double worst = worst_difference(&u, i);
        ok(worst < 1e-10, "%s, %s, {%s}, {%s} goes where PyTorch goes (%.1e)", optimizer, schedule,
           train, layer, worst);
    }
    close(&u);
}

/* Does some stored case have the type, as "{type: NAME, ...}" or as a word? */
static bool is_stored(const char *name)
{
    char typed[64];
    int n = snprintf(typed, sizeof typed, "{type: %s", name);
    for (int i = 0; i < N_CASES; i++) {
        const char *texts[] = { golden_optim[i].optimizer, golden_optim[i].schedule };
        for (int k = 0; k < 2; k++)
            if (!strcmp(texts[k], name) ||
                (!strncmp(texts[k], typed, (size_t)n) && strchr(",}", texts[k][n])))
                return true;
    }
    return false;
}

static bool is_within(const cg_attr *attrs, size_t size)
{
    bool is = true;
    for (const cg_attr *a = attrs; a && a->name; a++)
        is = is && ((a->min <= a->value && a->value <= a->max) || a->type == CG_ATTR_LIST) &&
             a->offset < size;
    return is;
}

static void test_lists(void)
{
    for (const cg_optimizer *const *o = cg_optimizers; *o; o++) {
        ok(cg_optimizer_find((*o)->name) == *o && !strcmp((*o)->attrs->name, "lr") &&
               is_within((*o)->attrs, (*o)->attrs_size),
           "%s is found by name, lr first, its defaults within range", (*o)->name);
        ok(is_stored((*o)->name), "%s has stored values", (*o)->name);
    }
    for (const cg_schedule *const *s = cg_schedules; *s; s++) {
        ok(cg_schedule_find((*s)->name) == *s && is_within((*s)->attrs, (*s)->attrs_size),
           "%s is found by name, its defaults within range", (*s)->name);
        ok(is_stored((*s)->name), "%s has stored values", (*s)->name);
    }
    ok(!cg_optimizer_find("sgdd") && !cg_schedule_find(""), "an unknown name finds nothing");
}

/* Gradient, states and parameters are read once and written once, whatever the optimiser. */
static void test_passes(void)
{
    for (int i = 0; i < N_CASES; i++) {
        if (strstr(golden_optim[i].train, "clip_norm")) continue; /* which looks at all first */
        update u = { 0 };
        cg_error error = { 0 };
        bool made = parse(&u, golden_optim[i].optimizer, "constant", "ema: 0.99",
                          golden_optim[i].layer, &error) == CG_OK &&
                    compile(&u, 100000, CG_F32, &error) == CG_OK;
        ok(made && u.program->n_stages == 1 && u.program->n_copies == 0,
           "%s is one pass over memory %s", golden_optim[i].optimizer, error.message);
        ok(made && u.program->arena_bytes < 1000, "without a buffer (%d bytes)",
           made ? (int)u.program->arena_bytes : -1);
        close(&u);
    }
}

/* Between whole epochs, where PyTorch's schedules do not go. */
static void test_schedules(void)
{
    static const struct {
        const char *schedule, *train;
        double epoch, rate;
    } moments[] = {
        { "constant", "", 7.5, 1 },
        { "constant", "warmup: 4", 1.75, 0.5 }, /* of 4 updates an epoch: the eighth */
        { "{type: step, every: 3, gamma: 0.5}", "", 2.75, 1 },
        { "{type: step, every: 3, gamma: 0.5}", "", 6.5, 0.25 },
        { "{type: multistep, milestones: 2, gamma: 0.5}", "", 2.25, 0.5 },
        { "{type: exponential, gamma: 0.25}", "", 1.5, 0.125 },
        { "{type: exponential, gamma: 0.25}", "warmup: 2", 3.5, 0.125 },
        { "{type: inverse, gamma: 2}", "", 1.5, 0.25 },
        { "{type: polynomial, min: 0.5}", "", 2.5, 0.9375 },
        { "{type: cosine, min: 0.2}", "", 10, 0.6 },
        { "{type: cosine, period: 5}", "", 7.5, 0.5 },
        { "{type: cosine, period: 2, growth: 2}", "", 4, 0.5 },
        { "{type: onecycle, rise: 0.5, start: 0}", "", 5, 0.5 },
        { "{type: onecycle, rise: 0}", "", 0, 1 },
        { "plateau", "", 19.75, 1 },
    };
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        const double state[CG_SCHEDULE_STATE] = { 0 };
        update u = { 0 };
        cg_error error = { 0 };
        double rate = NAN;
        if (parse(&u, "{type: sgd, lr: 1}", moments[i].schedule, moments[i].train, "", &error) ==
            CG_OK)
            rate = cg_learning_rate(u.spec, (uint64_t)(4 * moments[i].epoch), 4, state);
        ok(fabs(rate - moments[i].rate) < 1e-12, "%s {%s} is %g at epoch %g, not %g %s",
           moments[i].schedule, moments[i].train, moments[i].rate, moments[i].epoch, rate,
           error.message);
        close(&u);
    }
}

int main(void)
{
    test_lists();
    test_schedules();
    for (int i = 0; i < N_CASES; i++) test_case(i);
    test_passes();
    return done_testing();
}
