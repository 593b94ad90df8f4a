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
                       cg_error *error)
{
    char yaml[1000];
    int n = snprintf(yaml, sizeof yaml,
                     "cnngraph: 1\ndata: {source: digits}\nloss: cross_entropy\n"
                     "model:\n  input: {shape: [1, 28, 28]}\n  layers:\n"
                     "    - flatten\n    - dense: {name: d, units: 10}\n"
                     "optimizer: %s\nschedule: %s\ntrain: {epochs: %d, batch: 8, %s}\n",
                     optimizer, schedule, GOLDEN_STEPS, train);
    CG_TRY(cg_model_parse(&u->model, "m.yaml", yaml, (size_t)n, 0, NULL, NULL, error));
    u->spec = cg_model_spec(u->model);
    return CG_OK;
}

/* theta is two parameters that are named like those of the model. */
static cg_status compile(update *u, int64_t size, cg_dtype dtype, cg_error *error)
{
    u->graph = cg_graph_new();
    cg_parameter(u->graph, "d.weight", CG_SHAPE(2, size / 2));
    cg_parameter(u->graph, "d.bias", CG_SHAPE(2));
    u->gradient = cg_input(u->graph, "gradient", CG_SHAPE(size + 2));
    cg_record_update(u->spec, u->graph, u->gradient, u->scalars);
    return cg_compile(&u->program, u->graph, 0, NULL, &(cg_compile_options){ .dtype = dtype },
                      error);
}

static void close(update *u)
{
    cg_program_free(u->program);
    cg_graph_free(u->graph);
    cg_model_free(u->model);
}

static double rate(const cg_spec *spec, int step)
{
    return spec->lr * spec->schedule->factor(spec->schedule_attrs, step, GOLDEN_STEPS);
}

static void take_step(const update *u, int step)
{
    double values[CG_UPDATE_SCALARS], *gradient = cg_data_f64(u->program, u->gradient);
    for (int e = 0; e < GOLDEN_SIZE; e++) gradient[e] = ((7 * step + 3 * e) % 11 - 5) / 4.0;
    cg_update_values(u->spec, rate(u->spec, step), (uint64_t)step, values);
    for (int k = 0; k < CG_UPDATE_SCALARS; k++) {
        double *scalar = u->scalars[k] ? cg_data_f64(u->program, u->scalars[k]) : NULL;
        if (scalar) *scalar = values[k];
    }
    cg_run(u->program, 0, (uint64_t)step);
}

static double worst_difference(const update *u, int i)
{
    double worst = 0, *theta = cg_program_leaf(u->program, CG_NODE_PARAMETER, 0).data;
    for (int e = 0; e < GOLDEN_SIZE; e++) theta[e] = (e - 2.5) / 2;
    for (int step = 0, shown = 0; step < GOLDEN_STEPS; step++) {
        take_step(u, step);
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
               *train = golden_optim[i].train;
    update u = { 0 };
    cg_error error = { 0 };
    bool made = parse(&u, optimizer, schedule, train, &error) == CG_OK &&
                compile(&u, GOLDEN_WEIGHTS, CG_F64, &error) == CG_OK;
    if (ok(made, "%s compiles %s", optimizer, error.message)) {
        double worst = worst_difference(&u, i);
        ok(worst < 1e-10, "%s, %s, {%s} goes where PyTorch goes (%.1e)", optimizer, schedule, train,
           worst);
    }
    close(&u);
}

static bool is_stored(const char *name)
{
    size_t n = strlen(name), prefix = strlen("{type: ");
    for (int i = 0; i < N_CASES; i++) {
        const char *word = golden_optim[i].optimizer + prefix;
        if (!strncmp(word, name, n) && strchr(",}", word[n])) return true;
    }
    return false;
}

static void test_lists(void)
{
    for (const cg_optimizer *const *o = cg_optimizers; *o; o++) {
        int complete = cg_optimizer_find((*o)->name) == *o && !strcmp((*o)->attrs->name, "lr");
        for (const cg_attr *a = (*o)->attrs; a->name; a++)
            complete &= a->min <= a->value && a->value <= a->max && a->offset < (*o)->attrs_size;
        ok(complete, "%s is found by name, lr first, its defaults within range", (*o)->name);
        ok(is_stored((*o)->name), "%s has stored values", (*o)->name);
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
        bool made = parse(&u, golden_optim[i].optimizer, "constant", "", &error) == CG_OK &&
                    compile(&u, 100000, CG_F32, &error) == CG_OK;
        ok(made && u.program->n_stages == 1 && u.program->n_copies == 0,
           "%s is one pass over memory %s", golden_optim[i].optimizer, error.message);
        ok(made && u.program->arena_bytes < 1000, "without a buffer (%d bytes)",
           made ? (int)u.program->arena_bytes : -1);
        close(&u);
    }
}

static void test_schedules(void)
{
    const struct {
        int64_t every;
        double gamma;
    } step = { 3, 0.5 };
    const double cosine = 0.2;
    const cg_schedule *s = cg_schedule_find("step"), *c = cg_schedule_find("cosine");
    ok(s->factor(&step, 2.99, 9) == 1 && s->factor(&step, 3, 9) == 0.5 &&
           s->factor(&step, 6.5, 9) == 0.25,
       "step drops at every third epoch");
    ok(c->factor(&cosine, 0, 10) == 1 && fabs(c->factor(&cosine, 10, 10) - 0.2) < 1e-15 &&
           fabs(c->factor(&cosine, 5, 10) - 0.6) < 1e-15,
       "cosine starts at 1, passes the middle half-way and ends at min");
    ok(cg_schedule_find("constant")->factor(NULL, 7, 9) == 1, "constant stays");
}

int main(void)
{
    test_lists();
    test_schedules();
    for (int i = 0; i < N_CASES; i++) test_case(i);
    test_passes();
    return done_testing();
}
