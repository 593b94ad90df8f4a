/* cnngraph gradcheck: proves the gradient of every op, of one, or of a model on its own data; and
 * shows that wrong gradients are seen. */
#include "gradcheck_report.h"
#include "load.h"

#include "base/rng.h"
#include "base/text.h"
#include "data/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct verb verb_gradcheck;

/* ---- ops
 * ---------------------------------------------------------------------------------------*/
static int check_op(const cg_op *op, const cg_check_options *options, struct report *report)
{
    cg_error error = { 0 };
    cg_status status = cg_check_op(op, options, report_result, report, &error);
    cg_check_options kernel = *options;
    kernel.rtol = 0; /* rtol is that of gradients; a kernel is exact to float32 */
    if (status == CG_OK) status = cg_check_kernel(op, NULL, &kernel, report_result, report, &error);
    report_rows(report);
    return status == CG_OK ? 0 : fail(&error);
}

static int check_ops(const cg_op *only, const cg_check_options *options, struct report *report)
{
    int code = 0;
    report_begin(report);
    if (only) code = check_op(only, options, report);
    for (int i = 0; !only && cg_ops[i] && code == 0; i++)
        code = check_op(cg_ops[i], options, report);
    int end = report_end(report);
    return code ? code : end;
}

/* ---- a model
 * -----------------------------------------------------------------------------------*/
enum { BATCH = 2 }; /* images: enough for batch statistics, few enough to be quick */

struct subject {
    const cg_model *model;
    cg_recording recording;
    int64_t n;
    float *x, *labels;
    cg_error error;
    cg_status status;
};

static void widen(double *to, const float *from, int64_t n)
{
    for (int64_t i = 0; to && i < n; i++) to[i] = from[i];
}

/* Moves every parameter a little: a bias of 0 under a black background puts relu exactly on its
 * kink. */
static void jitter(cg_program *program, uint64_t seed)
{
    cg_rng rng = cg_rng_new(seed, "jitter", 0);
    for (int i = 0; i < cg_program_leaves(program, CG_NODE_PARAMETER); i++) {
        cg_leaf leaf = cg_program_leaf(program, CG_NODE_PARAMETER, i);
        double *values = leaf.data;
        for (int64_t j = 0; j < cg_shape_size(&leaf.shape); j++)
            values[j] += 0.02 * (cg_rng_uniform(&rng) - 0.5);
    }
}

static void feed(void *context, cg_program *program)
{
    struct subject *s = context;
    uint64_t seed = cg_model_spec(s->model)->seed;
    if (s->status == CG_OK) s->status = cg_model_init(s->model, program, seed, &s->error);
    jitter(program, seed);
    int64_t size = cg_shape_size(cg_node_shape(s->recording.x));
    widen(cg_data_f64(program, s->recording.x), s->x, size);
    widen(cg_data_f64(program, s->recording.labels), s->labels,
          cg_shape_size(cg_node_shape(s->recording.labels)));
    int64_t width = cg_shape_size(cg_node_shape(s->recording.labels)) / s->n;
    for (int64_t i = 0; s->recording.shares && i < s->n; i++) {
        widen(cg_data_f64(program, s->recording.partners) + i * width,
              s->labels + (s->n - 1 - i) * width, width);
        cg_data_f64(program, s->recording.shares)[i] = 0.3;
    }
}

/* A named set that is absent is no reason to prove nothing: the size of its images is known. */
static bool has_data(const cg_model *model)
{
    const cg_data_spec *data = &cg_model_spec(model)->data;
    bool is_here = cg_dataset_is_here(data);
    if (data->source && !is_here)
        fprintf(stderr, "data: '%s' is not on this machine; random images serve\n", data->source);
    return is_here && (data->source || data->images[0]);
}

static int allocate_batch(struct subject *s, int64_t n)
{
    s->n = n;
    s->x = calloc((size_t)(n * cg_shape_size(&cg_model_spec(s->model)->input)), sizeof *s->x);
    int n_targets = cg_model_spec(s->model)->n_targets;
    s->labels = calloc((size_t)(n * (n_targets ? n_targets : 1)), sizeof *s->labels);
    return s->x && s->labels ? 0 : fail_memory();
}

/* The first images of the split that is trained on. */
static int read_batch(struct subject *s)
{
    cg_dataset *set = NULL;
    const cg_spec *spec = cg_model_spec(s->model);
    int code = load_data(&set, s->model, NULL);
    if (code) return code;
    int split = spec->train_split ? cg_dataset_split(set, spec->train_split) : 0;
    if (split < 0) split = 0;
    int64_t size = cg_dataset_size(set, split);
    code = allocate_batch(s, size < BATCH ? size : BATCH);
    if (code == 0) cg_dataset_batch(set, split, s->n, NULL, s->x, s->labels);
    cg_dataset_free(set);
    return code;
}

/* Noise, and each class in turn, for a model without data. */
static int draw_batch(struct subject *s)
{
    const cg_spec *spec = cg_model_spec(s->model);
    int code = allocate_batch(s, BATCH);
    cg_rng rng = cg_rng_new(spec->seed, "images", 0);
    if (code) return code;
    for (int64_t i = 0; i < s->n * cg_shape_size(&spec->input); i++)
        s->x[i] = (float)cg_rng_uniform(&rng);
    for (int64_t i = 0; i < s->n * spec->n_targets; i++) s->labels[i] = (float)cg_rng_uniform(&rng);
    for (int64_t i = 0; i < s->n && !spec->n_targets; i++)
        s->labels[i] = (float)(i % (spec->n_outputs > 1 ? spec->n_outputs : 2));
    return 0;
}

/* The parameters, then the images; *n of them, to be freed. */
static cg_node **leaves_of(const cg_graph *graph, const cg_recording *recording, int *n)
{
    int size = cg_graph_size(graph);
    cg_node **leaf = calloc((size_t)size + 1, sizeof *leaf);
    *n = 0;
    if (!leaf) return NULL;
    for (int id = 0; id < size; id++)
        if (cg_node_kind_of(cg_graph_node(graph, id)) == CG_NODE_PARAMETER)
            leaf[(*n)++] = cg_graph_node(graph, id);
    leaf[(*n)++] = recording->x;
    return leaf;
}

static int check_recording(struct subject *s, cg_graph *graph, const cg_check_options *options,
                           struct report *report)
{
    cg_error error = { 0 };
    int n = 0;
    cg_status status = cg_model_record(s->model, graph, CG_TRAINING, s->n, &s->recording, &error);
    if (status != CG_OK) return fail(&error);
    cg_node *loss = cg_stabilise(s->recording.loss); /* as training does */
    cg_node **leaf = leaves_of(graph, &s->recording, &n);
    if (!leaf) return fail_memory();
    status =
        cg_check_graph(graph, loss, n, leaf, feed, s, 0, options, report_result, report, &error);
    free(leaf);
    if (s->status != CG_OK) return fail(&s->error);
    return status == CG_OK ? 0 : fail(&error);
}

static int check_model(const char *operand, struct model_options *how,
                       const cg_check_options *options, struct report *report)
{
    cg_model *model = NULL;
    int code = load_model(&model, operand, how);
    struct subject s = { .model = model };
    bool is_own = code == 0 && has_data(model);
    if (is_own) code = settle(model);
    if (code == 0) code = is_own ? read_batch(&s) : draw_batch(&s);
    cg_graph *graph = cg_graph_new();
    if (code == 0 && !graph) code = fail_memory();
    if (code == 0) {
        report->is_model = true;
        report_begin(report);
        code = check_recording(&s, graph, options, report);
        report_rows(report);
        int end = report_end(report);
        if (code == 0) code = end;
    }
    cg_graph_free(graph);
    free(s.x);
    free(s.labels);
    cg_model_free(model);
    return code;
}

/* ---- wrong gradients
 * -----------------------------------------------------------------------------*/
struct census {
    int n, n_alive;
};

static void print_mutant(void *context, const cg_mutant *m)
{
    struct census *census = context;
    census->n++;
    census->n_alive += !m->killed;
    printf("%-22s %-8s %-44s ", m->op, m->input, m->mistake);
    if (m->killed)
        printf("seen, sample %d, error %.1e\n", m->sample, m->error);
    else
        printf("SURVIVES\n");
}

static int check_mutants(const cg_op *only, const cg_check_options *options)
{
    struct census census = { 0 };
    cg_error error = { 0 };
    for (int i = 0; cg_ops[i]; i++) {
        if (only && cg_ops[i] != only) continue;
        if (cg_check_mutants(cg_ops[i], options, print_mutant, &census, &error) != CG_OK)
            return fail(&error);
    }
    printf("\n%d wrong gradients, %d seen, %d not seen\n", census.n, census.n - census.n_alive,
           census.n_alive);
    return census.n_alive ? cg_status_exit_code(CG_ECHECK) : 0;
}

struct outcome {
    int n, n_bad;
    double worst;
    cg_check_result first; /* that is bad */
    char input[32];
};

static void weigh(void *context, const cg_check_result *result)
{
    struct outcome *o = context;
    bool is_bad = result->verdict == CG_FAIL || result->verdict == CG_VACUOUS;
    o->n++;
    if (!(result->error <= o->worst)) o->worst = result->error;
    if (is_bad && o->n_bad++ == 0) {
        o->first = *result;
        snprintf(o->input, sizeof o->input, "%s", result->input);
    }
}

static void print_outcome(const char *which, const struct outcome *o)
{
    printf("  %-7s %d of %d checks fail, worst error %.1e\n", which, o->n_bad, o->n, o->worst);
    if (!o->n_bad) return;
    printf("          %s, sample %d, %s %s: analytic %.6g, numeric %.6g\n",
           cg_verdict_name(o->first.verdict), o->first.sample, o->input,
           cg_check_kind_name(o->first.kind), o->first.analytic, o->first.numeric);
}

/* The broken op beside the right one; true if they can be told apart. */
static bool show_demo(const cg_demo *demo, const cg_check_options *options, cg_error *error)
{
    printf("%s: %s\n  ", demo->name, demo->title);
    for (const char *c = demo->lesson; *c; c++) {
        putchar(*c);
        if (*c == '\n') printf("  ");
    }
    putchar('\n');
    if (!demo->op) return true;
    struct outcome broken = { 0 }, right = { 0 };
    cg_check_options first = *options;
    first.order = 1;
    if (cg_demo_run(demo, &first, weigh, &broken, error) != CG_OK) return false;
    if (cg_check_op(cg_op_find(demo->op), &first, weigh, &right, error) != CG_OK) return false;
    printf("  %s\n", demo->op);
    print_outcome("broken", &broken);
    print_outcome("right", &right);
    return broken.n_bad > 0 && right.n_bad == 0;
}

static int show_demos(const char *name, const cg_check_options *options)
{
    cg_error error = { 0 };
    int n = 0, code = 0;
    for (const cg_demo *demo = cg_demos; demo->name; demo++) {
        if (strcmp(name, "all") != 0 && strcmp(name, demo->name) != 0) continue;
        if (n++) putchar('\n');
        if (!show_demo(demo, options, &error)) code = cg_status_exit_code(CG_ECHECK);
        if (error.status != CG_OK) return fail(&error);
    }
    return n ? code : usage_error(&verb_gradcheck, "there is no '%s': Z1 to Z9, or all", name);
}

/* ---- the verb
 * ------------------------------------------------------------------------------------*/
struct request {
    bool tap, verbose, mutants;
    int format;
    int64_t seed;
    const char *eps, *rtol, *atol, *demo;
    struct model_options how;
};

static bool read_real(const char *name, const char *text, double *value)
{
    if (!text || (cg_parse_real(text, value) && *value > 0)) return true;
    usage_error(&verb_gradcheck, "--%s takes a number above 0, not '%s'", name, text);
    return false;
}

static int unknown_op(const char *name)
{
    enum { MAX_NAMES = 512 };
    const char *names[MAX_NAMES];
    size_t n = 0;
    while (n < MAX_NAMES && cg_ops[n]) {
        names[n] = cg_ops[n]->name;
        n++;
    }
    const char *near = cg_nearest(name, names, n);
    if (near)
        return usage_error(&verb_gradcheck, "unknown op '%s'; did you mean '%s'?", name, near);
    return usage_error(&verb_gradcheck, "'%s' is neither an op nor a model file", name);
}

static bool names_a_model(const char *operand)
{
    return strpbrk(operand, "./") || is_folder(operand);
}

static int serve(struct request *request, const char *operand, const cg_check_options *options)
{
    const cg_op *op = operand ? cg_op_find(operand) : NULL;
    struct report report = { .format = request->tap           ? REPORT_TAP
                                       : request->format == 1 ? REPORT_JSON
                                                              : REPORT_TEXT,
                             .is_verbose = request->verbose };
    if (request->demo) return show_demos(request->demo, options);
    if (operand && !op && names_a_model(operand))
        return request->mutants ? usage_error(&verb_gradcheck, "--mutants breaks ops, not models")
                                : check_model(operand, &request->how, options, &report);
    if (operand && !op) return unknown_op(operand);
    return request->mutants ? check_mutants(op, options) : check_ops(op, options, &report);
}

static int run(int argc, char *argv[])
{
    struct request r = { .seed = 0 };
    const struct option table[] = {
        { "atol", OPTION_TEXT, &r.atol, NULL },
        { "demo", OPTION_TEXT, &r.demo, NULL },
        { "eps", OPTION_TEXT, &r.eps, NULL },
        { "format", OPTION_CHOICE, &r.format, "text json" },
        { "mutants", OPTION_FLAG, &r.mutants, NULL },
        { "rtol", OPTION_TEXT, &r.rtol, NULL },
        { "seed", OPTION_INT, &r.seed, NULL },
        MODEL_OPTIONS(&r.how),
        { "tap", OPTION_FLAG, &r.tap, NULL },
        { "verbose", OPTION_FLAG, &r.verbose, NULL },
        { .name = NULL },
    };
    int n = options_parse(&verb_gradcheck, argc, argv, table, 0, 1);
    if (n < 0) return EXIT_USAGE;
    cg_check_options options = { .seed = (uint64_t)r.seed };
    if (!read_real("eps", r.eps, &options.eps) || !read_real("rtol", r.rtol, &options.rtol) ||
        !read_real("atol", r.atol, &options.atol))
        return EXIT_USAGE;
    return serve(&r, n ? argv[1] : NULL, &options);
}

const struct verb verb_gradcheck = {
    .name = "gradcheck",
    .usage = "[OPTION...] [OP|MODEL]",
    .summary = "Prove the gradients of all ops, of one, or of a model on its own data.",
    .help =
        "  OP               an op's name (see cnngraph ops); without it, all of them\n"
        "  MODEL            a model file or a run's folder: the loss towards every parameter\n"
        "  --mutants        plant every mistake that fits into the gradients; all must be seen\n"
        "  --demo Z1..Z9    a mistake made in practice beside the right code; all: each of them\n"
        "  --verbose        a line for every check\n"
        "  --format FORMAT  text or json\n"
        "  --tap            Test Anything Protocol\n"
        "  --eps H          step of the differences, instead of several\n"
        "  --rtol R         relative error allowed (1e-6 by element, 1e-8 projected)\n"
        "  --atol A         gradients below are taken for 0 (1e-9)\n"
        "  --seed N         of the values that are drawn\n"
        "  --set PATH=VALUE overrides a value of the model file\n"
        "  --allow-paths    read data files wherever the model file says\n"
        "  --max-memory SIZE of data (three quarters of the machine's)\n"
        "\n"
        "Exit code 6 if a check fails, proves nothing, or a mutant is not seen.\n",
    .run = run,
};
