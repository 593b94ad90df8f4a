/* cnngraph train: trains a model, showing how it goes, and keeps the run's folder. */
#include "json.h"
#include "load.h"

#include "base/file.h"
#include "train/folder.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern const struct verb verb_train;

/* ---- stopping ------------------------------------------------------------------------------
 * The first signal asks for a stop after the step under way; a second one ends the process.  Of
 * signals that are ignored, as nohup and shells have it, nothing changes.  Whether anybody reads
 * how the run goes is no reason to end it. */
static volatile int stop;

static void ask_to_stop(int signal_number)
{
    if (stop) { /* by another signal: this one ends the process when it has been handled */
        signal(signal_number, SIG_DFL);
        raise(signal_number);
    }
    stop = 1;
}

static void catch_signals(void)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction before,
        action = { .sa_handler = ask_to_stop, .sa_flags = (int)SA_RESETHAND | SA_RESTART };
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* ---- showing ------------------------------------------------------------------------------- */
enum { MAX_TROUBLES = 5 }; /* of skipped steps, that are told of one by one */

typedef struct {
    const char *source; /* data.source of the model */
    bool is_terminal, has_begun;
    struct timespec shown; /* when the live line was last drawn */
} display;

static double seconds_since(const struct timespec *then)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - then->tv_sec) + 1e-9 * (double)(now.tv_nsec - then->tv_nsec);
}

static void say_data(display *d, const char *used)
{
    d->has_begun = true;
    if (d->source && used && strcmp(d->source, used) != 0)
        fprintf(stderr, "data: '%s' is not on this machine; the fallback '%s' serves\n", d->source,
                used);
    else
        fprintf(stderr, "data: %s\n", used ? used : "as the model file says");
}

static void time_text(double seconds, char text[32])
{
    int64_t s = isfinite(seconds) && seconds < 1e7 ? (int64_t)(seconds + 0.5) : -1;
    if (s < 0)
        snprintf(text, 32, "?");
    else if (s < 60)
        snprintf(text, 32, "%ds", (int)s);
    else if (s < 3600)
        snprintf(text, 32, "%dm%02ds", (int)(s / 60), (int)(s % 60));
    else
        snprintf(text, 32, "%dh%02dm", (int)(s / 3600), (int)(s / 60 % 60));
}

/* "  accuracy 97.01%", or nothing where the target is no class. */
static char *accuracy_text(const char *name, double accuracy, char text[40])
{
    *text = '\0';
    if (isfinite(accuracy)) snprintf(text, 40, "  %s %.2f%%", name, 100 * accuracy);
    return text;
}

static void show_live(display *d, const cg_progress *p)
{
    char left[32], accuracy[40];
    if (d->shown.tv_sec && seconds_since(&d->shown) < 0.1) return;
    clock_gettime(CLOCK_MONOTONIC, &d->shown);
    time_text(p->seconds_left, left);
    accuracy_text("accuracy", p->accuracy, accuracy);
    fprintf(stderr, "\repoch %lld/%lld  %3.0f%%  loss %.4f%s  %.0f images/s  %s left\033[K",
            (long long)p->epoch, (long long)p->epochs, 100.0 * (double)p->step / (double)p->steps,
            p->loss, accuracy, p->images_per_s, left);
    fflush(stderr);
}

static void show_epoch(const display *d, const cg_progress *p)
{
    char accuracy[40];
    fprintf(stderr, "%sepoch %lld/%lld  loss %.4f%s", d->is_terminal ? "\r\033[K" : "",
            (long long)p->epoch, (long long)p->epochs, p->loss,
            accuracy_text("accuracy", p->accuracy, accuracy));
    if (!isnan(p->val_loss))
        fprintf(stderr, "  val_loss %.4f%s", p->val_loss,
                accuracy_text("val_accuracy", p->val_accuracy, accuracy));
    for (int i = 0; i < p->n_metrics; i++)
        fprintf(stderr, "  val_%s %.4f", p->metrics[i].name, p->metrics[i].value);
    fprintf(stderr, "  lr %.3g", p->lr);
    if (p->skipped) fprintf(stderr, "  skipped %lld", (long long)p->skipped);
    fprintf(stderr, "  %.0f images/s%s\n", p->images_per_s, p->is_best ? "  best" : "");
}

/* What was not finite, and what became of it; of many alike the first few. */
static void show_trouble(const display *d, const cg_progress *p)
{
    const cg_error *e = p->trouble;
    if (p->skipped > MAX_TROUBLES) return;
    if (d->is_terminal) fputs("\r\033[K", stderr);
    if (e->file[0]) fprintf(stderr, "%s:%d:%d: ", e->file, e->line, e->column);
    if (p->rollbacks)
        fprintf(stderr, "%s: the epoch begins anew at a learning rate of %.3g (rollback %lld)\n",
                e->message, p->lr, (long long)p->rollbacks);
    else
        fprintf(stderr, "%s: left out%s\n", e->message,
                p->skipped == MAX_TROUBLES ? "; there may be more" : "");
}

static void show(void *context, const cg_progress *p)
{
    display *d = context;
    if (!d->has_begun && p->origin) fprintf(stderr, "weights: %s\n", p->origin);
    if (!d->has_begun) say_data(d, p->data);
    if (p->trouble) show_trouble(d, p);
    if (p->epoch_done)
        show_epoch(d, p);
    else if (d->is_terminal)
        show_live(d, p);
}

static int print_json(const cg_train_result *r)
{
    const struct {
        const char *name;
        double value;
    } values[] = {
        { "loss", r->train_loss },     { "accuracy", r->train_accuracy },
        { "val_loss", r->val_loss },   { "val_accuracy", r->val_accuracy },
        { "test_loss", r->test_loss }, { "test_accuracy", r->test_accuracy },
        { "seconds", r->seconds },
    };
    json_t *object =
        json_pack("{so ss sI sI sI sI sI}", "folder", text_json(r->folder), "data",
                  r->data ? r->data : "", "epochs", (json_int_t)r->epochs, "best_epoch",
                  (json_int_t)r->best_epoch, "steps", (json_int_t)r->steps, "skipped",
                  (json_int_t)r->skipped, "rollbacks", (json_int_t)r->rollbacks);
    json_object_set_new(object, "finished", json_boolean(r->is_finished));
    json_object_set_new(object, "weights", json_string(r->weights));
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (!isnan(values[i].value)) /* as it is where nothing was measured */
            json_object_set_new(object, values[i].name, number_json(values[i].value));
    for (int i = 0; i < r->n_metrics; i++) {
        char name[64];
        snprintf(name, sizeof name, "test_%s", r->metrics[i].name);
        json_object_set_new(object, name, number_json(r->metrics[i].value));
    }
    return json_print(object, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
}

/* With the folder as a shell takes it, whatever is in its name. */
static void say_how_to_go_on(FILE *to, const char *folder)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+:,@%";
    const char *quote = folder[strspn(folder, plain)] ? "'" : "";
    fprintf(to, "to go on: cnngraph train --resume %s", quote);
    for (const char *p = folder; *p; p++) fputs(*p == '\'' ? "'\\''" : (char[]){ *p, '\0' }, to);
    fprintf(to, "%s\n", quote);
}

/* The test is of the last weights, while eval takes the best: both say which. */
static void print_result(const cg_train_result *r)
{
    if (isfinite(r->test_accuracy) || !isnan(r->test_loss) || r->n_metrics > 0) {
        char accuracy[40];
        accuracy_text("accuracy", r->test_accuracy, accuracy);
        printf("test%s  loss %.4f", *accuracy ? accuracy + 1 : "", r->test_loss);
        for (int i = 0; i < r->n_metrics; i++)
            printf("  %s %.4f", r->metrics[i].name, r->metrics[i].value);
        printf("  (%s, last weights, %lld epoch%s)\n", r->data ? r->data : "", (long long)r->epochs,
               r->epochs == 1 ? "" : "s");
    }
    printf("weights %.12s  (SHA-256 of the last ones)\n", r->weights);
    if (!r->folder[0]) return;
    printf("run: %s", r->folder);
    if (r->is_finished && r->best_epoch && r->best_epoch == r->epochs)
        printf("  (the last weights are the best)");
    else if (r->best_epoch)
        printf("  (best weights: epoch %lld, which eval takes)", (long long)r->best_epoch);
    putchar('\n');
    if (!r->is_finished) say_how_to_go_on(stdout, r->folder);
}

/* ---- verifying ----------------------------------------------------------------------------- */
static int verify(cg_model *model, int threads, bool as_json)
{
    cg_error error = { 0 };
    cg_verification v;
    int code = settle(model);
    if (code) return code;
    if (cg_train_verify(model, threads, &v, &error) != CG_OK) return fail(&error);
    if (as_json)
        printf("{\"steps\": %lld, \"threads\": [%d, %d], \"weights\": \"%s\"}\n",
               (long long)v.steps, v.threads, v.other_threads, v.weights);
    else
        printf("verified: %lld steps, the same bits each time, on %d thread%s and on %d\n"
               "weights %.12s  (SHA-256 after them)\n",
               (long long)v.steps, v.threads, v.threads == 1 ? "" : "s", v.other_threads,
               v.weights);
    return 0;
}

/* ---- resuming ------------------------------------------------------------------------------ */
static bool is_run(const char *folder)
{
    char path[CG_PATH_BYTES];
    cg_folder_file(folder, "model.yaml", path);
    return cg_file_exists(path);
}

/* The run to go on with: as given, the operand when it is a folder, or the newest of the model's,
 * of which one that never began is none. */
static bool find_run(const char *resume, const char *operand, const char *runs,
                     const cg_model *model, char folder[PATH_BYTES])
{
    folder[0] = '\0';
    if (resume[0] || is_folder(operand)) {
        snprintf(folder, PATH_BYTES, "%s", resume[0] ? resume : operand);
        return true;
    }
    char path[PATH_BYTES];
    for (int i = 1;; i++) {
        int n = i == 1
                    ? snprintf(path, sizeof path, "%s/%s", runs, cg_model_spec(model)->name)
                    : snprintf(path, sizeof path, "%s/%s-%d", runs, cg_model_spec(model)->name, i);
        if (n < 0 || n >= PATH_BYTES || !is_folder(path)) break;
        if (is_run(path)) snprintf(folder, PATH_BYTES, "%s", path);
    }
    return folder[0] != '\0';
}

/* ---- the verb ------------------------------------------------------------------------------ */
static int train(cg_model *model, const cg_train_options *options, display *d, bool as_json)
{
    cg_error error = { 0 };
    cg_train_result result;
    int code = settle(model);
    if (code) return code;
    catch_signals();
    cg_status status = cg_train(model, options, &result, &error);
    if (d->shown.tv_sec) fputs("\r\033[K", stderr);
    if (!d->has_begun && result.data) say_data(d, result.data);
    if (status != CG_OK) {
        if (status == CG_EINTERRUPTED && result.folder[0]) say_how_to_go_on(stderr, result.folder);
        return fail(&error);
    }
    if (as_json) return print_json(&result);
    print_result(&result);
    return 0;
}

static int run(int argc, char *argv[])
{
    struct model_options how = { 0 };
    const char *resume = NULL, *runs = "runs", *profile = NULL;
    int64_t threads = 0, max_steps = 0;
    int format = 0;
    bool does_verify = false;
    const struct option options[] = {
        { "resume", OPTION_OPTIONAL, &resume, NULL },
        MODEL_OPTIONS(&how),
        { "threads", OPTION_COUNT, &threads, NULL },
        { "runs", OPTION_TEXT, &runs, NULL },
        { "max-steps", OPTION_COUNT, &max_steps, NULL },
        { "profile", OPTION_TEXT, &profile, NULL },
        { "verify", OPTION_FLAG, &does_verify, NULL },
        { "format", OPTION_CHOICE, &format, "text json" },
        { .name = NULL },
    };
    int n = options_parse(&verb_train, argc, argv, options, 0, 1);
    if (n < 0) return EXIT_USAGE;
    const char *operand = n == 1 ? argv[1] : resume;
    if (!operand || !operand[0]) return usage_error(&verb_train, "a model file is missing");
    if (!runs[0]) return usage_error(&verb_train, "--runs names no folder");
    if (threads > 1024) return usage_error(&verb_train, "--threads is at most 1024");

    cg_model *model;
    char folder[PATH_BYTES];
    int code = load_model(&model, operand, &how);
    if (code) return code;
    display d = { .source = cg_model_spec(model)->data.source,
                  .is_terminal = isatty(STDERR_FILENO) };
    if (does_verify) {
        code = verify(model, (int)threads, format == 1);
    } else if (resume && !find_run(resume, operand, runs, model, folder)) {
        code = usage_error(&verb_train, "there is no run of '%s' in %s to resume",
                           cg_model_spec(model)->name, runs);
    } else {
        const cg_train_options training = {
            .threads = (int)threads,
            .folder = runs,
            .resume = resume ? folder : NULL,
            .profile = profile,
            .max_steps = max_steps,
            .progress = show,
            .context = &d,
            .stop = &stop,
        };
        code = train(model, &training, &d, format == 1);
    }
    cg_model_free(model);
    return code;
}

const struct verb verb_train = {
    .name = "train",
    .usage = "[OPTION...] MODEL | --resume RUN",
    .summary = "Train a model.",
    .help =
        "  --set PATH=VALUE  override a key of the model file; may be given again; with\n"
        "                    train.from=RUN it begins with the weights of another run\n"
        "  --allow-paths     read data files wherever the model file says\n"
        "  --max-memory SIZE of data and programs (three quarters of the machine's)\n"
        "  --resume[=RUN]    go on with a run: RUN, or the newest of this model; to more epochs\n"
        "                    with --set train.epochs=N, unless its schedule depends on them\n"
        "  --runs FOLDER     where run folders are made (runs)\n"
        "  --threads N       threads that compute, beside the one that loads batches; the\n"
        "                    result does not depend on them (all cores)\n"
        "  --max-steps N     stop after N steps, saving where it is\n"
        "  --profile FILE    write a trace for chrome://tracing or Perfetto: the first 200 steps\n"
        "                    stage by stage, loading, evaluations and checkpoints\n"
        "  --verify          instead, take the first 20 steps (or the first epoch, if that is\n"
        "                    shorter) three times on N threads and once on another number, and\n"
        "                    compare weights and states after each, bit by bit; 10 if they differ\n"
        "  --format FORMAT   of the result: text or json\n"
        "\n"
        "A run's folder gets model.yaml, metrics.jsonl, last.safetensors and best.safetensors.\n"
        "An interrupt (Ctrl-C) finishes the step and saves; --resume goes on to the same bits.\n",
    .run = run,
};
