/* cnngraph bench: how fast a model trains or infers here, on random data of its shape. */
#include "json.h"
#include "load.h"

#include "engine/program.h"
#include "kernels/peak.h"
#include "train/batch.h"

#include "base/cpu.h"
#include "base/error.h"
#include "base/pool.h"
#include "base/rng.h"

#include "config.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct verb verb_bench;

enum { MAX_REPEATS = 1000, SPIN = 2000000 /* rounds of the peak's loop: some milliseconds */ };

struct request {
    int mode; /* 0 train, 1 infer */
    int64_t batch, threads, repeats;
    double seconds; /* of a repeat */
    bool profile;
    int format;
};

struct outcome {
    double images_per_s[MAX_REPEATS]; /* sorted */
    double peak;                      /* floating-point operations a second */
    int64_t flops;                    /* of an image */
    const char *isa;
    int threads;
    size_t planned; /* bytes */
};

/* ---- the peak -------------------------------------------------------------------------------- */

typedef int64_t peak_function(int64_t rounds, float *result);

static peak_function *peak_of(cg_tier tier)
{
#ifdef HAVE_TIER_AVX512
    if (tier == CG_AVX512) return cg_peak_avx512;
#endif
#ifdef HAVE_TIER_AVX2
    if (tier == CG_AVX2) return cg_peak_avx2;
#endif
    (void)tier;
    return cg_peak_portable;
}

struct peak_job {
    peak_function *run;
    _Atomic int64_t flops;
    _Atomic int sink;
};

static void peak_chunk(void *context, int64_t chunk, int thread)
{
    struct peak_job *job = context;
    float result = 1e-3f;
    (void)chunk;
    (void)thread;
    job->flops += job->run(SPIN, &result);
    job->sink += result > 0;
}

/* The best of five tries, on all threads of the pool at once. */
static double measure_peak(cg_tier tier, cg_pool *pool)
{
    double best = 0;
    for (int i = 0; i < 5; i++) {
        struct peak_job job = { .run = peak_of(tier) };
        double begin = cg_seconds();
        cg_pool_run(pool, peak_chunk, &job, cg_pool_threads(pool));
        double rate = (double)job.flops / (cg_seconds() - begin);
        if (rate > best) best = rate;
    }
    return best;
}

/* ---- the program ----------------------------------------------------------------------------- */

static cg_status compile_inference(cg_program **program, const cg_model *model, int64_t batch,
                                   cg_pool *pool, cg_error *error)
{
    cg_recording recording;
    cg_compile_options options = { .pool = pool,
                                   .is_frozen = true,
                                   .budget = cg_model_spec(model)->data.budget };
    cg_graph *graph = cg_graph_new();
    if (!graph) return error->status = CG_ENOMEM;
    cg_status status = cg_model_record(model, graph, CG_EVALUATION, batch, &recording, error);
    if (status == CG_OK) status = cg_compile(program, graph, 1, &recording.y, &options, error);
    cg_graph_free(graph);
    return status;
}

/* Images between 0 and 1, classes in turn, the optimiser's scalars at a small rate. */
static void fill_inputs(cg_program *program, int n_classes)
{
    for (int i = 0; i < cg_program_leaves(program, CG_NODE_INPUT); i++) {
        cg_leaf leaf = cg_program_leaf(program, CG_NODE_INPUT, i);
        cg_rng rng = cg_rng_new(1, leaf.name, 0);
        float *to = leaf.data;
        for (int64_t j = 0; j < cg_shape_size(&leaf.shape); j++)
            to[j] = strcmp(leaf.name, "labels") == 0 && leaf.shape.rank == 1
                        ? (float)(j % n_classes)
                    : leaf.shape.rank == 0 ? 1e-3f
                                           : (float)cg_rng_uniform(&rng);
    }
}

static cg_status prepare(cg_program **program, const cg_model *model, const struct request *r,
                         cg_pool *pool, cg_error *error)
{
    cg_batch batch = { 0 };
    const cg_spec *spec = cg_model_spec(model);
    cg_status status = r->mode == 0 ? cg_batch_training(&batch, model, r->batch, pool, NULL, error)
                                    : compile_inference(program, model, r->batch, pool, error);
    if (r->mode == 0) *program = batch.program;
    if (status == CG_OK) status = cg_model_init(model, *program, spec->seed, error);
    if (status == CG_OK) fill_inputs(*program, spec->n_outputs > 1 ? spec->n_outputs : 2);
    return status;
}

/* ---- measuring ------------------------------------------------------------------------------- */

/* Seconds of n steps, without end if one stopped where its loss was not finite: the rest of the
 * work was not done. */
static double time_runs(cg_program *program, int64_t n, uint64_t *step)
{
    double begin = cg_seconds();
    cg_status status = CG_OK;
    for (int64_t i = 0; i < n && status == CG_OK; i++) status = cg_run(program, 1, (*step)++);
    return status == CG_OK ? cg_seconds() - begin : INFINITY;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Repeats of equal length, after a warm-up of a tenth of one. */
static void measure(cg_program *program, const struct request *r, struct outcome *o)
{
    uint64_t step = 0;
    double warm = time_runs(program, 2, &step) / 2;
    int64_t n = (int64_t)(r->seconds / 10 / (warm + 1e-9)) + 1;
    warm = time_runs(program, n, &step) / (double)n;
    n = (int64_t)(r->seconds / (warm + 1e-9)) + 1;
    for (int64_t i = 0; i < r->repeats; i++)
        o->images_per_s[i] = (double)(n * r->batch) / time_runs(program, n, &step);
    qsort(o->images_per_s, (size_t)r->repeats, sizeof *o->images_per_s, ascending);
}

/* Bytes that the process had at most, or 0 where the system does not tell. */
static int64_t peak_bytes(void)
{
    char line[128];
    long long kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && !kilobytes && fgets(line, sizeof line, file))
        if (!strncmp(line, "VmHWM:", 6)) kilobytes = strtoll(line + 6, NULL, 10);
    if (file) fclose(file);
    return kilobytes * 1024;
}

/* ---- saying it ------------------------------------------------------------------------------- */

static void print_text(const cg_model *model, const struct request *r, const struct outcome *o)
{
    const double *v = o->images_per_s;
    double median = v[r->repeats / 2], rate = median * (double)o->flops;
    printf("%s  %s  batch %" PRId64 "  %d thread%s  %s\n", cg_model_spec(model)->name,
           r->mode ? "infer" : "train", r->batch, o->threads, o->threads == 1 ? "" : "s", o->isa);
    printf("  %.0f images/s  (%.0f to %.0f, %" PRId64 " repeat%s)  %.1f us a batch\n", median, v[0],
           v[r->repeats - 1], r->repeats, r->repeats == 1 ? "" : "s",
           1e6 * (double)r->batch / median);
    printf("  %.1f GFLOP/s, %.1f %% of the %.0f that multiply-adds reach here\n", 1e-9 * rate,
           100 * rate / o->peak, 1e-9 * o->peak);
    printf("  peak memory %.1f MB, %.1f MB of it planned\n", 1e-6 * (double)peak_bytes(),
           1e-6 * (double)o->planned);
}

/* Whole words as long as they fit the row, then how many there are beside; JSON tells them all. */
static void print_ops(const char *ops)
{
    enum { WIDTH = 48 };
    size_t shown = 0;
    int more = 0;
    for (const char *word = ops, *end; *word; word = end + (*end == ' ')) {
        end = word + strcspn(word, " ");
        if (!more && (size_t)(end - ops) <= WIDTH)
            shown = (size_t)(end - ops);
        else
            more++;
    }
    printf("%.*s", (int)shown, ops);
    if (more) printf(" ... %d more", more);
    putchar('\n');
}

static void print_profile(const cg_program *program)
{
    double total = 0;
    char shape[CG_SHAPE_TEXT];
    for (int i = 0; i < cg_program_stages(program); i++)
        total += cg_program_stage(program, i).seconds;
    printf("\n%10s %6s %9s  %-18s %-20s %s\n", "us", "share", "GFLOP/s", "layer", "result", "ops");
    for (int i = 0; i < cg_program_stages(program); i++) {
        cg_stage_time t = cg_program_stage(program, i);
        double seconds = t.runs ? t.seconds / (double)t.runs : 0;
        printf("%10.1f %5.1f%% %9.1f  %-18s %-20s ", 1e6 * seconds, 100 * t.seconds / total,
               seconds > 0 ? 1e-9 * (double)t.flops / seconds : 0, t.label,
               cg_shape_text(&t.shape, shape));
        print_ops(t.ops);
    }
}

static json_t *profile_json(const cg_program *program)
{
    json_t *list = json_array();
    for (int i = 0; i < cg_program_stages(program); i++) {
        cg_stage_time t = cg_program_stage(program, i);
        json_array_append_new(list, json_pack("{ss ss sI sf}", "ops", t.ops, "layer", t.label,
                                              "flops", (json_int_t)t.flops, "us",
                                              t.runs ? 1e6 * t.seconds / (double)t.runs : 0.0));
    }
    return list;
}

static int print_json(const cg_model *model, const struct request *r, const struct outcome *o,
                      const cg_program *program)
{
    const double *v = o->images_per_s;
    double rate = v[r->repeats / 2] * (double)o->flops;
    json_t *all = json_pack(
        "{ss ss sI si ss s{sf sf sf} sf sf sI sI}", "model", cg_model_spec(model)->name, "mode",
        r->mode ? "infer" : "train", "batch", (json_int_t)r->batch, "threads", o->threads, "isa",
        o->isa, "images_per_s", "median", v[r->repeats / 2], "min", v[0], "max", v[r->repeats - 1],
        "gflops", 1e-9 * rate, "percent_of_peak", 100 * rate / o->peak, "peak_bytes",
        (json_int_t)peak_bytes(), "planned_bytes", (json_int_t)o->planned);
    if (all && r->profile) json_object_set_new(all, "profile", profile_json(program));
    return json_print(all, JSON_COMPACT);
}

/* ---- the verb -------------------------------------------------------------------------------- */

static cg_status measure_all(cg_program *program, const struct request *r, cg_pool *pool,
                             struct outcome *o, cg_error *error)
{
    uint64_t step = 0;
    o->isa = cg_tier_name(cg_program_tier(program));
    o->threads = cg_pool_threads(pool);
    o->flops = cg_program_flops(program) / r->batch;
    o->planned = cg_program_bytes(program);
    measure(program, r, o);
    if (o->images_per_s[0] == 0)
        return cg_fail(error, CG_ENUMERIC,
                       "the loss on random data is not finite, and a step that ends there is "
                       "none to measure");
    o->peak = measure_peak(cg_program_tier(program), pool);
    if (!r->profile) return CG_OK;
    CG_TRY(cg_program_profile(program, error));
    double batches = r->seconds * o->images_per_s[0] / (double)r->batch;
    time_runs(program, (int64_t)batches + 1, &step);
    return CG_OK;
}

static int bench(const cg_model *model, const struct request *r)
{
    cg_error error = { .status = CG_ENOMEM };
    cg_program *program = NULL;
    struct outcome *o = calloc(1, sizeof *o);
    cg_pool *pool = cg_pool_new((int)r->threads);
    cg_status status = pool && o ? prepare(&program, model, r, pool, &error) : CG_ENOMEM;
    if (status == CG_OK) status = measure_all(program, r, pool, o, &error);
    int code = 0;
    if (status != CG_OK) {
        code = fail(&error);
    } else if (r->format == 1) {
        code = print_json(model, r, o, program);
    } else {
        print_text(model, r, o);
        if (r->profile) print_profile(program);
    }
    cg_program_free(program);
    cg_pool_free(pool);
    free(o);
    return code;
}

/* "0.25" */
static bool parse_seconds(const char *text, double *seconds)
{
    char *end;
    if (!text) return true;
    *seconds = strtod(text, &end);
    return end != text && *end == '\0' && *seconds > 0 && *seconds <= 3600;
}

static int run(int argc, char *argv[])
{
    struct model_options how = { 0 };
    struct request r = { .repeats = 7, .seconds = 0.2 };
    const char *isa = NULL, *seconds = NULL;
    const struct option options[] = {
        { .name = "mode", .kind = OPTION_CHOICE, .value = &r.mode, .choices = "train infer" },
        { .name = "batch", .kind = OPTION_COUNT, .value = &r.batch },
        { .name = "threads", .kind = OPTION_COUNT, .value = &r.threads },
        { .name = "isa", .kind = OPTION_TEXT, .value = &isa },
        { .name = "repeats", .kind = OPTION_COUNT, .value = &r.repeats },
        { .name = "seconds", .kind = OPTION_TEXT, .value = &seconds },
        { .name = "profile", .kind = OPTION_FLAG, .value = &r.profile },
        { .name = "format", .kind = OPTION_CHOICE, .value = &r.format, .choices = "text json" },
        { "set", OPTION_LIST, &how.sets, NULL },
        { "max-memory", OPTION_BYTES, &how.budget.limit, NULL },
        { .name = NULL },
    };
    cg_model *model;
    if (options_parse(&verb_bench, argc, argv, options, 1, 1) < 0) return EXIT_USAGE;
    if (r.repeats > MAX_REPEATS)
        return usage_error(&verb_bench, "--repeats is at most %d", MAX_REPEATS);
    if (r.threads > 1024) return usage_error(&verb_bench, "--threads is at most 1024");
    if (!parse_seconds(seconds, &r.seconds))
        return usage_error(&verb_bench, "--seconds must be a number above 0, found '%s'", seconds);
    if (isa && setenv("CNNGRAPH_ISA", isa, 1) != 0) return fail_memory();
    int code = load_model(&model, argv[1], &how);
    if (code) return code;
    if (!r.batch) r.batch = cg_model_spec(model)->batch;
    code = bench(model, &r);
    cg_model_free(model);
    return code;
}

const struct verb verb_bench = {
    .name = "bench",
    .usage = "[OPTION...] MODEL",
    .summary = "Measure how fast a model trains or infers.",
    .help = "  --mode train|infer    a step of training (the default), or a batch's outputs alone\n"
            "  --batch N             images at a time; the model's batch\n"
            "  --threads N           threads; one for each core\n"
            "  --isa ISA             portable, avx2 or avx512; the best there is\n"
            "  --repeats N           how often to measure: 7\n"
            "  --seconds S           how long to measure each time: 0.2\n"
            "  --profile             a table of where the time goes\n"
            "  --format text|json    a few lines, or one of JSON\n"
            "  --set PATH=VALUE      change a key of the model first\n"
            "  --max-memory SIZE     of the program (three quarters of the machine's)\n",
    .run = run,
};
