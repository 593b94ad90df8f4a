/* cnngraph diff: where two runs part: model, metrics, steps, weights. */
#include "json.h"
#include "load.h"

#include "base/budget.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "formats/safetensors.h"
#include "train/folder.h"
#include "train/lockstep.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

extern const struct verb verb_diff;

enum { MAX_TEXT = 1 << 28, LABEL = 18, SAID = 1024 };

/* What was found so far; the exit code of the first thing that could not be compared. */
typedef struct {
    const char *a, *b;
    struct model_options *how;
    json_t *parts; /* where JSON is to tell of them; NULL: they are told at once */
    int n_compared;
    bool differs;
    int code;
} verdict;

/* Of a part of the runs: whether it differs, and where. */
__attribute__((format(printf, 4, 5))) static void say(verdict *v, const char *part, bool differs,
                                                      const char *format, ...)
{
    char text[SAID];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (n >= (int)sizeof text) cg_trim_utf8(text);
    cg_clean_line(text);
    v->n_compared++;
    v->differs = v->differs || differs;
    if (v->parts)
        json_array_append_new(v->parts, json_pack("{ss sb so}", "part", part, "same", !differs,
                                                  "text", text_json(text)));
    else
        printf("%-*s%s\n", (int)LABEL, part, text);
}

/* Both files of that name; false, and said so, if not both are there or can be read. */
static bool read_both(verdict *v, const char *name, char *text[2], size_t size[2])
{
    const char *folders[] = { v->a, v->b };
    bool has[2];
    text[0] = text[1] = NULL;
    for (int i = 0; i < 2; i++) {
        char path[CG_PATH_BYTES];
        cg_error error = { 0 };
        cg_folder_file(folders[i], name, path);
        has[i] = cg_file_exists(path);
        if (has[i] && (cg_file_check(path, &error) != CG_OK ||
                       cg_file_read(path, MAX_TEXT, &text[i], &size[i], &error) != CG_OK))
            v->code = fail(&error);
    }
    if (has[0] != has[1]) say(v, name, true, "only in %s", folders[has[0] ? 0 : 1]);
    return text[0] && text[1];
}

static const char *next_line(const char *line)
{
    const char *end = line + strcspn(line, "\n");
    return end + (*end == '\n');
}

/* ---- the model ----------------------------------------------------------------------------- */
static void compare_models(verdict *v)
{
    char *text[2];
    size_t size[2];
    if (read_both(v, "model.yaml", text, size)) {
        const char *a = text[0], *b = text[1];
        int line = 1;
        size_t n_a = strcspn(a, "\n"), n_b = strcspn(b, "\n");
        while (*a && n_a == n_b && memcmp(a, b, n_a) == 0) {
            a = next_line(a);
            b = next_line(b);
            n_a = strcspn(a, "\n");
            n_b = strcspn(b, "\n");
            line++;
        }
        if (*a || *b)
            say(v, "model.yaml", true, "line %d: '%.*s' and '%.*s'", line, (int)n_a, a, (int)n_b,
                b);
        else
            say(v, "model.yaml", false, "the same");
    }
    cg_release(text[0]);
    cg_release(text[1]);
}

/* ---- the metrics --------------------------------------------------------------------------- */
/* The first key of x whose value is another in y; the time it took does not count. */
static const char *other_key(json_t *x, json_t *y)
{
    const char *key;
    json_t *value;
    json_object_foreach(x, key, value) if (strcmp(key, "seconds") != 0 &&
                                           !json_equal(value, json_object_get(y, key))) return key;
    return NULL;
}

static const char *value_text(const json_t *value, char text[32])
{
    if (!json_is_number(value)) return value ? "not finite" : "not told";
    snprintf(text, 32, "%.9g", json_number_value(value));
    return text;
}

/* Epochs are lines. */
typedef struct {
    const char *folder, *at;
    size_t left;
    json_t *epoch; /* NULL: there are no more */
} reader;

/* The next epoch; a last line without its end was torn, and counts as none. */
static bool read_epoch(verdict *v, reader *r, int line)
{
    const char *end = memchr(r->at, '\n', r->left);
    json_decref(r->epoch);
    r->epoch = NULL;
    if (!end) return true;
    size_t size = (size_t)(end - r->at);
    r->epoch = size <= CG_METRICS_LINE ? json_loadb(r->at, size, 0, NULL) : NULL;
    r->at += size + 1;
    r->left -= size + 1;
    if (json_is_object(r->epoch)) return true;
    char path[CG_PATH_BYTES];
    cg_error error = { 0 };
    cg_folder_file(r->folder, "metrics.jsonl", path);
    cg_fail_at(&error, CG_EDATA, (cg_place){ path, line, 1 },
               "no line of metrics: expected a JSON object");
    v->code = json_is_short() ? fail_memory() : fail(&error);
    return false;
}

static void compare_epochs(verdict *v, reader *x, reader *y)
{
    const char *key = NULL;
    char is[2][32];
    int epoch = 0;
    do {
        epoch++;
        if (!read_epoch(v, x, epoch) || !read_epoch(v, y, epoch)) return;
        key = x->epoch && y->epoch ? other_key(x->epoch, y->epoch) : NULL;
        if (x->epoch && y->epoch && !key) key = other_key(y->epoch, x->epoch);
    } while (x->epoch && y->epoch && !key);
    if (key)
        say(v, "metrics.jsonl", true, "epoch %d: %s is %s and %s", epoch, key,
            value_text(json_object_get(x->epoch, key), is[0]),
            value_text(json_object_get(y->epoch, key), is[1]));
    else if (x->epoch || y->epoch)
        say(v, "metrics.jsonl", true, "the %s has more than %d epochs",
            x->epoch ? "first" : "second", epoch - 1);
    else
        say(v, "metrics.jsonl", false, "the same, %d epochs", epoch - 1);
}

static void compare_metrics(verdict *v)
{
    char *text[2];
    size_t size[2];
    if (read_both(v, "metrics.jsonl", text, size)) {
        reader x = { v->a, text[0], size[0], NULL }, y = { v->b, text[1], size[1], NULL };
        compare_epochs(v, &x, &y);
        json_decref(x.epoch);
        json_decref(y.epoch);
    }
    cg_release(text[0]);
    cg_release(text[1]);
}

/* ---- the steps ----------------------------------------------------------------------------- */
static void difference_text(const cg_difference *d, char text[SAID / 2])
{
    if (d->what)
        snprintf(text, SAID / 2, "'%s' %s", d->name, d->what);
    else
        snprintf(text, SAID / 2,
                 "'%s', value %" PRId64 " is %.9g and %.9g, the largest difference %.3g", d->name,
                 d->at, d->a, d->b, d->largest);
}

static cg_status replay(verdict *v, cg_lockstep *l, int64_t most, cg_error *error)
{
    while (!l->difference.name[0] && cg_lockstep_goes_on(l) &&
           (most == 0 || (int64_t)l->steps < most)) {
        cg_status status = cg_lockstep_step(l, error);
        if (status != CG_OK) return status;
    }
    char where[SAID / 2];
    difference_text(&l->difference, where);
    if (!l->difference.name[0])
        say(v, "replayed", false, "the same for %" PRIu64 " steps", l->steps);
    else if (l->steps == 0)
        say(v, "replayed", true, "before the first step: %s", where);
    else
        say(v, "replayed", true, "epoch %" PRId64 ", step %" PRIu64 ": %s", l->epoch, l->steps,
            where);
    return CG_OK;
}

static void compare_steps(verdict *v, int threads, int64_t most)
{
    cg_model *a = NULL, *b = NULL;
    cg_lockstep l;
    cg_error error = { 0 };
    int code = load_model(&a, v->a, v->how);
    if (!code) code = load_model(&b, v->b, v->how);
    if (!code) {
        cg_status status = cg_lockstep_open(&l, a, threads, b, threads, &error);
        if (status == CG_OK) status = replay(v, &l, most, &error);
        if (status != CG_OK) code = fail(&error);
        cg_lockstep_close(&l);
    }
    cg_model_free(a);
    cg_model_free(b);
    if (code) v->code = code;
}

/* ---- the weights --------------------------------------------------------------------------- */
static void compare_open(verdict *v, const char *part, const cg_safetensors *a,
                         const cg_safetensors *b)
{
    cg_difference first, most;
    char where[SAID / 2];
    int n = cg_compare_files(a, b, &first, &most);
    difference_text(&first, where);
    if (n == 0)
        say(v, part, false, "the same, %d tensors", cg_safetensors_count(a));
    else if (n == 1 || !most.name[0])
        say(v, part, true, "%s; %d of %d tensors differ", where, n, cg_safetensors_count(a));
    else
        say(v, part, true, "%s; %d of %d tensors differ, '%s' most, by up to %.3g", where, n,
            cg_safetensors_count(a), most.name, most.largest);
}

static void compare_weights(verdict *v, const char *part, const char *path_a, const char *path_b)
{
    cg_safetensors *a = NULL, *b = NULL;
    cg_error error = { 0 };
    cg_budget rest = v->how->budget;
    cg_status status = cg_safetensors_read_within(&rest, &a, path_a, &error);
    if (status == CG_OK) status = cg_budget_take(&rest, path_a, cg_safetensors_bytes(a), &error);
    if (status == CG_OK) status = cg_safetensors_read_within(&rest, &b, path_b, &error);
    if (status == CG_OK)
        compare_open(v, part, a, b);
    else
        v->code = fail(&error);
    cg_safetensors_free(a);
    cg_safetensors_free(b);
}

static void compare_checkpoints(verdict *v, const char *name)
{
    char a[CG_PATH_BYTES], b[CG_PATH_BYTES];
    cg_folder_file(v->a, name, a);
    cg_folder_file(v->b, name, b);
    bool has_a = cg_file_exists(a), has_b = cg_file_exists(b);
    if (has_a && has_b) {
        compare_weights(v, name, a, b);
    } else if (has_a || has_b) {
        say(v, name, true, "only in %s", has_a ? v->a : v->b);
    }
}

/* ---- the verb ------------------------------------------------------------------------------ */
static int check_operands(const verdict *v, bool does_replay)
{
    int code = check_exists(v->a);
    if (!code) code = check_exists(v->b);
    if (code) return code;
    bool has_folders = is_folder(v->a);
    if (has_folders != is_folder(v->b))
        return usage_error(&verb_diff, "'%s' is the folder of a run, '%s' is not",
                           has_folders ? v->a : v->b, has_folders ? v->b : v->a);
    if (!has_folders && does_replay)
        return usage_error(&verb_diff, "--replay takes the folders of runs");
    if (has_folders && (strlen(v->a) >= CG_FOLDER_BYTES || strlen(v->b) >= CG_FOLDER_BYTES))
        return usage_error(&verb_diff, "the path of a run is too long");
    return 0;
}

static int nothing_compared(const verdict *v)
{
    cg_error error = { 0 };
    cg_fail(&error, CG_EDATA,
            "there is nothing to compare: neither '%s' nor '%s' has model.yaml, metrics.jsonl or "
            "weights",
            v->a, v->b);
    return fail(&error);
}

static int conclude(verdict *v)
{
    if (!v->code && json_is_short()) v->code = fail_memory(); /* an epoch may not have been read */
    if (!v->code && v->n_compared == 0) v->code = nothing_compared(v);
    if (v->code) {
        json_decref(v->parts);
        return v->code;
    }
    json_t *parts = v->parts;
    if (parts) v->code = json_print(json_pack("{sb so}", "same", !v->differs, "parts", parts), 0);
    return v->code ? v->code : v->differs ? cg_status_exit_code(CG_EREPRODUCE) : 0;
}

static int run(int argc, char *argv[])
{
    struct model_options how = { 0 };
    int64_t threads = 0, most = 0;
    bool does_replay = false;
    int format = 0;
    const struct option options[] = {
        { "format", OPTION_CHOICE, &format, "text json" },
        { "replay", OPTION_FLAG, &does_replay, NULL },
        { "max-steps", OPTION_COUNT, &most, NULL },
        { "threads", OPTION_COUNT, &threads, NULL },
        { "allow-paths", OPTION_FLAG, &how.allow_paths, NULL },
        { "max-memory", OPTION_BYTES, &how.budget.limit, NULL },
        { .name = NULL },
    };
    if (options_parse(&verb_diff, argc, argv, options, 2, 2) < 0) return EXIT_USAGE;
    if (threads > 1024) return usage_error(&verb_diff, "--threads is at most 1024");
    verdict v = { .a = argv[1], .b = argv[2], .how = &how };
    int code = check_operands(&v, does_replay);
    if (code) return code;
    if (format == 1 && !(v.parts = json_array())) return fail_memory();
    if (!is_folder(v.a)) {
        compare_weights(&v, "weights", v.a, v.b);
    } else {
        compare_models(&v);
        compare_metrics(&v);
        if (does_replay) compare_steps(&v, (int)threads, most);
        compare_checkpoints(&v, CG_LAST);
        compare_checkpoints(&v, CG_BEST);
    }
    return conclude(&v);
}

const struct verb verb_diff = {
    .name = "diff",
    .usage = "[OPTION...] RUN RUN | WEIGHTS WEIGHTS",
    .summary = "Tell where two runs part.",
    .help = "  --replay           train both anew, from their model files, and compare parameters\n"
            "                     and states after each step, up to the first that differs\n"
            "  --max-steps N      replay so many steps at most\n"
            "  --threads N        threads that compute, of each (all cores)\n"
            "  --format FORMAT    text or json\n"
            "  --allow-paths      replay on data wherever the runs' model files say\n"
            "  --max-memory SIZE  of data and programs (three quarters of the machine's)\n"
            "\n"
            "Of two runs: the first line of model.yaml, the first epoch of metrics.jsonl and the\n"
            "first tensor of last.safetensors and best.safetensors that differ, with the largest\n"
            "difference; of two files of weights the tensors alone.  Exits with 0 if all is the\n"
            "same, with 10 if something differs, with 4 if there is nothing to compare.\n",
    .run = run,
};
