/* Optimisers, schedules and clipping against 20 steps of PyTorch, in double precision. */
#include "optim/optim.h"

#include <cnngraph/ops.h>
#include <cnngraph/program.h>

#include "../golden/optim.h"
#include "../tap.h"

#include <math.h>
#include <string.h>

/* The attributes as the descriptors' structs lay them out: all are numbers and 64-bit integers. */
typedef struct {
    double lr, momentum;
    int64_t nesterov;
    double weight_decay;
} sgd_keys;
typedef struct {
    double lr, beta1, beta2, epsilon, weight_decay;
} adam_keys;
typedef struct {
    int64_t every;
    double gamma;
} step_keys;
typedef struct {
    double min;
} cosine_keys;

/* In the order of golden_optim. */
static const struct {
    const char *optimizer;
    sgd_keys sgd;
    adam_keys adam;
    const char *schedule;
    step_keys step;
    cosine_keys cosine;
    double clip_norm, clip_value;
} cases[] = {
    { .optimizer = "sgd", .sgd = { .lr = 0.1 } },
    { .optimizer = "sgd", .sgd = { .lr = 0.05, .momentum = 0.9 } },
    { .optimizer = "sgd", .sgd = { 0.05, 0.9, 1, 0.01 } },
    { .optimizer = "adam", .adam = { 0.01, 0.9, 0.999, 1e-8, 0 } },
    { .optimizer = "adam", .adam = { 0.02, 0.8, 0.95, 1e-3, 0.1 } },
    { .optimizer = "adamw", .adam = { 0.01, 0.9, 0.999, 1e-8, 0.2 } },
    { .optimizer = "sgd", .sgd = { .lr = 0.1 }, .schedule = "step", .step = { 5, 0.5 } },
    { .optimizer = "adam",
      .adam = { 0.01, 0.9, 0.999, 1e-8, 0 },
      .schedule = "cosine",
      .cosine = { 0.1 } },
    { .optimizer = "sgd", .sgd = { .lr = 0.1 }, .clip_norm = 1.5 },
    { .optimizer = "sgd", .sgd = { .lr = 0.1 }, .clip_value = 0.5 },
};
enum { N_CASES = sizeof cases / sizeof *cases };

typedef struct {
    cg_graph *graph;
    cg_program *program;
    cg_node *theta, *gradient, *scalars[CG_MAX_SCALARS];
} update;

static const void *keys_of(int i)
{
    return strcmp(cases[i].optimizer, "sgd") == 0 ? (const void *)&cases[i].sgd : &cases[i].adam;
}

static cg_status record(update *u, int i, const cg_optimizer *optimizer, cg_error *error)
{
    const cg_shape size = CG_DIMS(GOLDEN_SIZE);
    cg_node *slots[CG_MAX_SLOTS] = { NULL }, *new_slots[CG_MAX_SLOTS] = { NULL };
    u->graph = cg_graph_new();
    u->theta = cg_parameter(u->graph, "theta", size);
    u->gradient = cg_input(u->graph, "gradient", size);
    int n_slots = cg_optimizer_slots(optimizer, keys_of(i));
    for (int k = 0; k < n_slots; k++) slots[k] = cg_state(u->graph, optimizer->slots[k], size);
    for (int k = 0; k < optimizer->n_scalars; k++)
        u->scalars[k] = cg_input(u->graph, optimizer->scalars[k], (cg_shape){ 0 });

    cg_node *g = u->gradient;
    if (cases[i].clip_norm > 0) g = cg_clip_by_norm(g, cases[i].clip_norm);
    if (cases[i].clip_value > 0) g = cg_clip_by_value(g, cases[i].clip_value);
    cg_node *slab = cg_parameter_slab(u->graph);
    cg_node *theta = optimizer->record(keys_of(i), slab, g, slots, u->scalars, new_slots);
    cg_update(slab, theta);
    for (int k = 0; k < n_slots; k++) cg_update(slots[k], new_slots[k]);
    return cg_compile(&u->program, u->graph, 1, (cg_node *[]){ g },
                      &(cg_compile_options){ .dtype = CG_F64 }, error);
}

static double rate(int i, int step)
{
    double lr = strcmp(cases[i].optimizer, "sgd") == 0 ? cases[i].sgd.lr : cases[i].adam.lr;
    if (!cases[i].schedule) return lr;
    const void *keys =
        strcmp(cases[i].schedule, "step") == 0 ? (const void *)&cases[i].step : &cases[i].cosine;
    return lr * cg_schedule_find(cases[i].schedule)->factor(keys, step, GOLDEN_STEPS);
}

static void take_step(const update *u, int i, const cg_optimizer *optimizer, int step)
{
    double values[CG_MAX_SCALARS], *gradient = cg_data_f64(u->program, u->gradient);
    for (int e = 0; e < GOLDEN_SIZE; e++) gradient[e] = ((7 * step + 3 * e) % 11 - 5) / 4.0;
    optimizer->values(keys_of(i), rate(i, step), (uint64_t)step, values);
    for (int k = 0; k < optimizer->n_scalars; k++) {
        double *scalar = cg_data_f64(u->program, u->scalars[k]);
        if (scalar) *scalar = values[k];
    }
    cg_run(u->program, 0, (uint64_t)step);
}

static double worst_difference(const update *u, int i, const cg_optimizer *optimizer)
{
    double worst = 0, *theta = cg_data_f64(u->program, u->theta);
    for (int e = 0; e < GOLDEN_SIZE; e++) theta[e] = (e - 2.5) / 2;
    for (int step = 0, shown = 0; step < GOLDEN_STEPS; step++) {
        take_step(u, i, optimizer, step);
        if (step + 1 != golden_shown[shown]) continue;
        for (int e = 0; e < GOLDEN_SIZE; e++)
            worst = fmax(worst, fabs(theta[e] - golden_optim[i].theta[shown][e]));
        shown++;
    }
    return worst;
}

static void test_case(int i)
{
    const cg_optimizer *optimizer = cg_optimizer_find(cases[i].optimizer);
    update u = { 0 };
    cg_error error = { 0 };
    if (ok(record(&u, i, optimizer, &error) == CG_OK, "%s compiles %s", golden_optim[i].name,
           error.message)) {
        double worst = worst_difference(&u, i, optimizer);
        ok(worst < 1e-10, "%s goes where PyTorch goes (%.1e)", golden_optim[i].name, worst);
    }
    cg_program_free(u.program);
    cg_graph_free(u.graph);
}

static void test_lists(void)
{
    int complete = 1;
    for (const cg_optimizer *const *o = cg_optimizers; *o; o++) {
        complete &= cg_optimizer_find((*o)->name) == *o && strcmp((*o)->attrs->name, "lr") == 0;
        for (const cg_attr *a = (*o)->attrs; a->name; a++)
            complete &= a->min <= a->value && a->value <= a->max && a->offset < (*o)->attrs_size;
    }
    ok(complete, "every optimiser is found by name, lr first, its defaults within range");
    ok(!cg_optimizer_find("sgdd") && !cg_schedule_find(""), "an unknown name finds nothing");
}

static void test_schedules(void)
{
    const step_keys step = { 3, 0.5 };
    const cosine_keys cosine = { 0.2 };
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
    ok(N_CASES == sizeof golden_optim / sizeof *golden_optim, "every stored case is run");
    test_lists();
    test_schedules();
    for (int i = 0; i < N_CASES; i++) test_case(i);
    return done_testing();
}
