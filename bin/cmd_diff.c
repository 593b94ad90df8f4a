/* cnngraph diff: where two runs part: model, metrics, steps, weights. */
#include "json.h"
#include "load.h"

#include "base/file.h"
#include "base/memory.h"
#include "formats/safetensors.h"
#include "train/folder.h"
#include "train/lockstep.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

extern const struct verb verb_diff;

enum { MAX_TEXT = 1 << 28, LABEL = 18 };

/* What was found so far; the exit code of the first thing that could not be compared. */
typedef struct {
    const char *a, *b;
    struct model_options *how;
    bool differs;
    int code;
} verdict;

static void say(verdict *v, const char *what, bool differs)
{
    printf("%-*s", (int)LABEL, what);
    v->differs = v->differs || differs;
}

/* Both files of that name; false, and said so, if not both are there or can be read. */
static bool read_both(verdict *v, const char *name, char *text[2])
{
    const char *folders[] = { v->a, v->b };
    bool has[2];
    text[0] = text[1] = NULL;
    for (int i = 0; i < 2; i++) {
        char path[CG_PATH_BYTES];
        size_t size;
        cg_error error = { 0 };
        cg_folder_file(folders[i], name, path);
        has[i] = cg_file_exists(path);
        if (has[i] && cg_file_read(path, MAX_TEXT, &text[i], &size, &error) != CG_OK)
            v->code = fail(&error);
    }
    if (has[0] != has[1]) {
        say(v, name, true);
        printf("only in %s\n", folders[has[0] ? 0 : 1]);
    }
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
    if (read_both(v, "model.yaml", text)) {
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
        bool differs = *a || *b;
        say(v, "model.yaml", differs);
        if (differs)
            printf("line %d: '%.*s' and '%.*s'\n", line, (int)n_a, a, (int)n_b, b);
        else
            puts("the same");
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

static void say_values(const char *key, json_t *x, json_t *y)
{
    json_t *values[] = { json_object_get(x, key), json_object_get(y, key) };
    printf("%s is ", key);
    for (int i = 0; i < 2; i++) {
        if (json_is_number(values[i]))
            printf("%.9g", json_number_value(values[i]));
        else
            printf("%s", values[i] ? "not finite" : "not told");
        fputs(i ? "\n" : " and ", stdout);
    }
}

/* Epochs are lines; a torn last one counts as none. */
static void compare_metrics(verdict *v)
{
    char *text[2];
    int epoch = 0;
    if (read_both(v, "metrics.jsonl", text)) {
        const char *at[] = { text[0], text[1] }, *key = NULL;
        json_t *x = NULL, *y = NULL;
        do {
            json_decref(x);
            json_decref(y);
            x = json_loadb(at[0], strcspn(at[0], "\n"), 0, NULL);
            y = json_loadb(at[1], strcspn(at[1], "\n"), 0, NULL);
            key = x && y ? other_key(x, y) : NULL;
            if (x && y && !key) key = other_key(y, x);
            for (int i = 0; i < 2; i++) at[i] = next_line(at[i]);
            epoch += x && y;
        } while (x && y && !key);
        say(v, "metrics.jsonl", key || x || y);
        if (key) {
            printf("epoch %d: ", epoch);
            say_values(key, x, y);
        } else if (x || y) {
            printf("the %s has more than %d epochs\n", x ? "first" : "second", epoch);
        } else {
            printf("the same, %d epochs\n", epoch);
        }
        json_decref(x);
        json_decref(y);
    }
    cg_release(text[0]);
    cg_release(text[1]);
}

/* ---- the steps ----------------------------------------------------------------------------- */
static void say_difference(const cg_difference *d)
{
    if (d->what)
        printf("'%s' %s\n", d->name, d->what);
    else
        printf("'%s', value %lld is %.9g and %.9g, the largest difference %.3g\n", d->name,
               (long long)d->at, d->a, d->b, d->largest);
}

static cg_status replay(verdict *v, cg_lockstep *l, int64_t most, cg_error *error)
{
    while (!l->difference.name[0] && cg_lockstep_goes_on(l) &&
           (most == 0 || (int64_t)l->steps < most)) {
        cg_status status = cg_lockstep_step(l, error);
        if (status != CG_OK) return status;
    }
    say(v, "replayed", l->difference.name[0]);
    if (!l->difference.name[0]) {
        printf("the same for %lld steps\n", (long long)l->steps);
        return CG_OK;
    }
    if (l->steps == 0)
        fputs("before the first step: ", stdout);
    else
        printf("epoch %lld, step %lld: ", (long long)l->a.standing.epoch + 1, (long long)l->steps);
    say_difference(&l->difference);
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
static void compare_open(verdict *v, const char *what, const cg_safetensors *a,
                         const cg_safetensors *b)
{
    cg_difference first, most;
    int n = cg_compare_files(a, b, &first, &most), n_all = cg_safetensors_count(a);
    say(v, what, n > 0);
    if (n == 0) {
        printf("the same, %d tensors\n", n_all);
        return;
    }
    say_difference(&first);
    if (n == 1) return;
    printf("%-*s%d tensors differ", (int)LABEL, "", n);
    if (most.name[0]) printf(", '%s' most, by up to %.3g", most.name, most.largest);
    putchar('\n');
}

static void compare_weights(verdict *v, const char *what, const char *path_a, const char *path_b)
{
    cg_safetensors *a = NULL, *b = NULL;
    cg_error error = { 0 };
    cg_status status = cg_safetensors_read(&a, path_a, &error);
    if (status == CG_OK) status = cg_safetensors_read(&b, path_b, &error);
    if (status == CG_OK)
        compare_open(v, what, a, b);
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
        say(v, name, true);
        printf("only in %s\n", has_a ? v->a : v->b);
    }
}

/* ---- the verb ------------------------------------------------------------------------------ */
static int run(int argc, char *argv[])
{
    struct model_options how = { 0 };
    int64_t threads = 0, most = 0;
    bool does_replay = false;
    const struct option options[] = {
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
    if (is_folder(v.a) != is_folder(v.b))
        return usage_error(&verb_diff, "'%s' is the folder of a run, '%s' is not",
                           is_folder(v.a) ? v.a : v.b, is_folder(v.a) ? v.b : v.a);
    if (!is_folder(v.a)) {
        if (does_replay) return usage_error(&verb_diff, "--replay takes the folders of runs");
        compare_weights(&v, "weights", v.a, v.b);
    } else if (strlen(v.a) >= CG_FOLDER_BYTES || strlen(v.b) >= CG_FOLDER_BYTES) {
        return usage_error(&verb_diff, "the path of a run is too long");
    } else {
        compare_models(&v);
        compare_metrics(&v);
        if (does_replay) compare_steps(&v, (int)threads, most);
        compare_checkpoints(&v, CG_LAST);
        compare_checkpoints(&v, CG_BEST);
    }
    if (!v.code && json_is_short()) v.code = fail_memory(); /* an epoch may not have been read */
    if (v.code) return v.code;
    return v.differs ? cg_status_exit_code(CG_EREPRODUCE) : 0;
}

const struct verb verb_diff = {
    .name = "diff",
    .usage = "[OPTION...] RUN RUN | WEIGHTS WEIGHTS",
    .summary = "Tell where two runs part.",
    .help = "  --replay       train both anew, from their model files, and compare parameters and\n"
            "                 states after each step, up to the first that differs\n"
            "  --max-steps N  replay so many steps at most\n"
            "  --threads N    threads that compute, of each (all cores)\n"
            "  --allow-paths  replay on data wherever the runs' model files say\n"
            "  --max-memory SIZE  of data and programs (three quarters of the machine's)\n"
            "\n"
            "Of two runs: the first line of model.yaml, the first epoch of metrics.jsonl and the\n"
            "first tensor of last.safetensors and best.safetensors that differ, with the largest\n"
            "difference; of two files of weights the tensors alone.  Exits with 0 if all is the\n"
            "same, with 10 if something differs.\n",
    .run = run,
};
