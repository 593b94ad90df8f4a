/* Training: the same bits whatever the threads, after a kill and after a stop; what stops a run. */
#include "formats/safetensors.h"
#include "base/file.h"
#include "base/memory.h"

#include <cnngraph/train.h>

#include "../tap.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Batch statistics, dropout, augmentation and optimiser state: all that a checkpoint could forget.
 * 40 images in batches of 16 leave a smaller last one. */
static const char yaml[] = "cnngraph: 1\n"
                           "name: small\n"
                           "seed: 7\n"
                           "data:\n"
                           "  source: digits\n"
                           "  digits: {train: 50, test: 30}\n"
                           "  augment: [rotate: {degrees: 3}, noise: {std: 0.05}, mixup]\n"
                           "model:\n"
                           "  input: {shape: [1, 28, 28]}\n"
                           "  layers:\n"
                           "    - conv2d: {filters: 4, kernel: 5, stride: 2}\n"
                           "    - batch_norm\n"
                           "    - relu\n"
                           "    - flatten\n"
                           "    - dropout: {rate: 0.2}\n"
                           "    - dense: {units: 10}\n"
                           "    - softmax\n"
                           "loss: cce\n"
                           "optimizer: {type: adam, lr: 0.01}\n"
                           "train: {epochs: 4, batch: 16, validation: 0.2}\n";
enum { STEPS_PER_EPOCH = 3, EPOCHS = 4 };

static char parent[] = "/tmp/cnngraph-train-XXXXXX";

static cg_model *parse(const char *set)
{
    cg_model *model = NULL;
    cg_error error = { 0 };
    const char *const sets[] = { set };
    if (cg_model_parse(&model, "small.yaml", yaml, strlen(yaml), set ? 1 : 0, sets, NULL, &error) !=
        CG_OK)
        printf("# %s\n", error.message);
    return model;
}

static cg_status train(const char *set, const cg_train_options *options, cg_train_result *result,
                       cg_error *error)
{
    cg_model *model = parse(set);
    if (!model) return CG_EMODEL;
    cg_status status = cg_train(model, options, result, error);
    cg_model_free(model);
    return status;
}

/* The contents of folder/name, or of metrics.jsonl without its seconds. */
static char *contents(const char *folder, const char *name, size_t *size)
{
    char path[400], *text = NULL;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    *size = 0;
    if (cg_file_read(path, 1 << 24, &text, size, NULL) != CG_OK) return NULL;
    if (strcmp(name, "metrics.jsonl") != 0) return text;
    char *to = text;
    for (const char *from = text; *from;) {
        if (strncmp(from, ",\"seconds\":", 11) == 0) from += strcspn(from, "}");
        *to++ = *from++;
    }
    *to = '\0';
    *size = (size_t)(to - text);
    return text;
}

static int same_file(const char *a, const char *b, const char *name)
{
    size_t n_a, n_b;
    char *text_a = contents(a, name, &n_a), *text_b = contents(b, name, &n_b);
    int same = text_a && text_b && n_a == n_b && n_a > 0 && memcmp(text_a, text_b, n_a) == 0;
    cg_release(text_a);
    cg_release(text_b);
    return same;
}

static int same_run(const char *a, const char *b)
{
    return same_file(a, b, "last.safetensors") && same_file(a, b, "best.safetensors") &&
           same_file(a, b, "metrics.jsonl") && same_file(a, b, "model.yaml");
}

/* ---- the same bits ------------------------------------------------------------------------- */
static void test_repetition(const char *whole)
{
    static const int counts[] = { 1, 2, 3, 7 };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        int threads = counts[i];
        cg_train_result result;
        cg_error error = { 0 };
        cg_status status = train(NULL, &(cg_train_options){ .folder = parent, .threads = threads },
                                 &result, &error);
        ok(status == CG_OK && same_run(whole, result.folder), "%d threads give the same files %s",
           threads, error.message);
    }
}

static void test_seed(const char *whole)
{
    cg_train_result result;
    train("seed=8", &(cg_train_options){ .folder = parent }, &result, NULL);
    ok(!same_file(whole, result.folder, "last.safetensors"), "another seed gives another result");
}

static void test_max_steps(const char *whole)
{
    for (int steps = 1; steps < STEPS_PER_EPOCH * EPOCHS; steps += 2) {
        cg_train_result first, second;
        cg_error error = { 0 };
        train(NULL, &(cg_train_options){ .folder = parent, .max_steps = steps }, &first, NULL);
        cg_status status = train(NULL, &(cg_train_options){ .resume = first.folder, .threads = 2 },
                                 &second, &error);
        ok(first.steps == steps && status == CG_OK && second.epochs == EPOCHS &&
               same_run(whole, first.folder),
           "%d steps and the rest give the same files %s", steps, error.message);
    }
}

/* ---- another number of epochs --------------------------------------------------------------- */
/* A run of `before` epochs, stopped after `steps` (0: at its end), goes on to `after`. */
static void test_other_epochs(int before, int steps, int after)
{
    char set_before[40], set_after[40];
    cg_train_result first, second, whole;
    cg_error error = { 0 };
    snprintf(set_before, sizeof set_before, "train.epochs=%d", before);
    snprintf(set_after, sizeof set_after, "train.epochs=%d", after);
    train(set_before, &(cg_train_options){ .folder = parent, .max_steps = steps }, &first, NULL);
    cg_status status =
        train(set_after, &(cg_train_options){ .resume = first.folder }, &second, &error);
    train(set_after, &(cg_train_options){ .folder = parent }, &whole, NULL);
    ok(status == CG_OK && second.epochs == after && same_run(whole.folder, first.folder),
       "%d epochs%s become %d to the same files %s", before, steps ? ", interrupted," : "", after,
       error.message);
}

/* ---- kill -9 ------------------------------------------------------------------------------- */
typedef struct {
    int at, seen;
    volatile int stop;
} countdown;

static void die(void *context, const cg_progress *progress)
{
    countdown *c = context;
    (void)progress;
    if (++c->seen == c->at) raise(SIGKILL);
}

static void test_kill(const char *whole, int at)
{
    pid_t child = fork();
    if (child == 0) {
        cg_train_result result;
        countdown c = { .at = at };
        char folder[64];
        snprintf(folder, sizeof folder, "%s/killed%d", parent, at);
        train(NULL, &(cg_train_options){ .folder = folder, .progress = die, .context = &c },
              &result, NULL);
        _exit(0);
    }
    int how = 0;
    waitpid(child, &how, 0);
    char folder[96];
    cg_train_result result;
    cg_error error = { 0 };
    snprintf(folder, sizeof folder, "%s/killed%d/small", parent, at);
    cg_status status = train(NULL, &(cg_train_options){ .resume = folder }, &result, &error);
    ok(WIFSIGNALED(how) && status == CG_OK && same_run(whole, folder),
       "killed at report %d, it resumes to the same files %s", at, error.message);
}

/* A kill between the line of metrics and the checkpoint leaves a line too many, perhaps a torn one.
 */
static void test_extra_lines(const char *whole)
{
    char path[400];
    cg_train_result first, second;
    train(NULL, &(cg_train_options){ .folder = parent, .max_steps = 2 * STEPS_PER_EPOCH }, &first,
          NULL);
    snprintf(path, sizeof path, "%s/metrics.jsonl", first.folder);
    FILE *f = fopen(path, "a");
    fputs("{\"epoch\":3,\"loss\":1}\n{\"epo", f);
    fclose(f);
    train(NULL, &(cg_train_options){ .resume = first.folder }, &second, NULL);
    ok(same_run(whole, first.folder), "lines of metrics behind the checkpoint are cut off");
}

/* ---- stopping ------------------------------------------------------------------------------ */
static void ask(void *context, const cg_progress *progress)
{
    countdown *c = context;
    (void)progress;
    if (++c->seen == c->at) c->stop = 1;
}

static void test_stop(const char *whole)
{
    countdown c = { .at = 5 };
    cg_train_result first, second;
    cg_error error = { 0 };
    cg_status status = train(
        NULL,
        &(cg_train_options){ .folder = parent, .progress = ask, .context = &c, .stop = &c.stop },
        &first, &error);
    ok(status == CG_EINTERRUPTED && first.steps == 5, "a stop ends the run after the step: %s",
       error.message);
    ok(train(NULL, &(cg_train_options){ .resume = first.folder }, &second, &error) == CG_OK &&
           same_run(whole, first.folder),
       "and it resumes to the same files");
}

static void test_early_stopping(void)
{
    cg_train_result result;
    cg_error error = { 0 };
    cg_status status = train("train.early_stopping={monitor: loss, below: 100}",
                             &(cg_train_options){ 0 }, &result, &error);
    ok(status == CG_OK && result.epochs == 1,
       "a loss below the limit ends the run after its epoch %s", error.message);
    status = train("train.early_stopping={monitor: val_accuracy, patience: 2, min_delta: 2}",
                   &(cg_train_options){ 0 }, &result, &error);
    ok(status == CG_OK && result.epochs == 3,
       "patience ends it 2 epochs after the best one, not %d %s", (int)result.epochs,
       error.message);
}

static void test_nonfinite(void)
{
    char path[400];
    cg_train_result result;
    cg_error error = { 0 };
    cg_status status = train("optimizer={type: sgd, lr: 1.0e+38}",
                             &(cg_train_options){ .folder = parent }, &result, &error);
    ok(status == CG_ENUMERIC && strstr(error.message, "finite"),
       "a loss that is not finite ends the run: %s", error.message);
    ok(error.line > 0, "it names the line of the model file, %d", error.line);
    snprintf(path, sizeof path, "%s/last.safetensors", result.folder);
    cg_safetensors *file = NULL;
    if (cg_safetensors_read(&file, path, &error) == CG_OK)
        ok(!strcmp(cg_safetensors_metadata(file, "step"), "0"),
           "nothing is saved but what it began with");
    cg_safetensors_free(file);
}

/* Images are read and batches are made on threads of their own; what goes wrong there is told. */
static void test_damaged_images(void)
{
    static const char head[] = "\0\0\10\3\0\0\0\4\0\0\0\34\0\0\0\34", tail[] = "\0\0\10\1\0\0\0\4";
    char images[64], labels[64], set[400];
    cg_train_result result;
    cg_error error = { 0 };
    snprintf(images, sizeof images, "%s/images", parent);
    snprintf(labels, sizeof labels, "%s/labels", parent);
    FILE *f = fopen(images, "wb");
    fwrite(head, 1, sizeof head - 1, f); /* the images are missing */
    fclose(f);
    f = fopen(labels, "wb");
    fwrite(tail, 1, sizeof tail - 1, f);
    fwrite("\0\1\2\3", 1, 4, f);
    fclose(f);
    snprintf(set, sizeof set,
             "data={format: idx, images: {train: %s}, labels: {train: %s}, "
             "splits: {train: {from: train}}}",
             images, labels);
    cg_status status = train(set, &(cg_train_options){ 0 }, &result, &error);
    ok(status == CG_EDATA && strstr(error.message, "0 bytes of data, its header promises 3136") &&
           result.steps == 0,
       "damaged images end the run before its first step: %s", error.message);
}

static void test_no_folder(void)
{
    cg_train_result result;
    cg_status status = train(NULL, NULL, &result, NULL);
    ok(status == CG_OK && !result.folder[0] && isfinite(result.test_accuracy) &&
           result.epochs == EPOCHS,
       "without a folder nothing is written");
    ok(result.train_loss < 1 && result.train_accuracy > 0.8, "it learns: loss %.3f, accuracy %.2f",
       result.train_loss, result.train_accuracy);
}

/* ---- checkpoints that do not fit ----------------------------------------------------------- */
static void copy_file(const char *from, const char *to)
{
    char *text;
    size_t size;
    if (cg_file_read(from, 1 << 24, &text, &size, NULL) != CG_OK) return;
    FILE *f = fopen(to, "wb");
    fwrite(text, 1, size, f);
    fclose(f);
    cg_release(text);
}

static void refused(const char *what, const char *set, const char *folder, const char *cause)
{
    cg_train_result result;
    cg_error error = { 0 };
    cg_status status = train(set, &(cg_train_options){ .resume = folder }, &result, &error);
    ok(status == CG_ECHECKPOINT && strstr(error.message, cause), "%s is refused: %s", what,
       error.message);
}

static void test_wrong_epochs(const char *whole)
{
    cg_train_result first;
    refused("fewer epochs than are done", "train.epochs=3", whole,
            "has done 4 epochs, more than the 3");
    train("schedule=cosine", &(cg_train_options){ .folder = parent, .max_steps = 1 }, &first, NULL);
    char path[400], *text;
    size_t size;
    snprintf(path, sizeof path, "%s/model.yaml", first.folder);
    cg_model *longer = NULL;
    static const char *const sets[] = { "train.epochs=9" };
    cg_train_result result;
    cg_error error = { 0 };
    cg_model_load(&longer, path, 1, sets, NULL, NULL);
    cg_status status =
        cg_train(longer, &(cg_train_options){ .resume = first.folder }, &result, &error);
    ok(status == CG_ECHECKPOINT && strstr(error.message, "its schedule cosine depends"),
       "more epochs under a cosine are refused: %s", error.message);
    cg_model_free(longer);
    cg_file_read(path, 1 << 20, &text, &size, NULL);
    ok(text && strstr(text, "epochs: 4"), "and the run is as it was");
    cg_release(text);
}

/* Puts last.safetensors of one run into the folder of another. */
static void test_foreign(const char *whole, const char *set, const char *what, const char *cause)
{
    char from[400], to[400];
    cg_train_result other;
    train(set, &(cg_train_options){ .folder = parent, .max_steps = 1 }, &other, NULL);
    snprintf(from, sizeof from, "%s/last.safetensors", whole);
    snprintf(to, sizeof to, "%s/last.safetensors", other.folder);
    copy_file(from, to);
    refused(what, set, other.folder, cause);
}

/* XORs the byte at `text`, or the last one, of a file. */
static void damage(const char *path, const char *text)
{
    char *bytes;
    size_t size, at = 0;
    if (cg_file_read(path, 1 << 24, &bytes, &size, NULL) != CG_OK) return;
    while (text && at + strlen(text) < size && memcmp(bytes + at, text, strlen(text)) != 0) at++;
    FILE *f = fopen(path, "r+b");
    if (!text) at = size - 1;
    fseek(f, (long)at, SEEK_SET);
    putc(bytes[at] ^ 1, f);
    fclose(f);
    cg_release(bytes);
}

static void test_mismatches(const char *whole)
{
    char path[400];
    refused("a changed model file", "optimizer.lr=0.02", whole, "lr: 0.02");
    test_foreign(whole, "optimizer={type: sgd, lr: 0.1}", "another optimiser",
                 "the file has 'adam.m'");
    test_foreign(whole, "seed=8", "another seed", "seed is 7, this one's 8");
    test_foreign(whole, "model.layers[0].conv2d.filters=5", "another shape",
                 "'conv2d_1.weight' is 4x1x5x5 in the file");
    snprintf(path, sizeof path, "%s/last.safetensors", whole);
    damage(path, NULL);
    refused("a checkpoint with a bit turned", NULL, whole, "damaged: its SHA-256 sum is");
    damage(path, NULL);
    damage(path, "sha256");
    refused("one that states no sum", NULL, whole, "it has no sha256");
    if (truncate(path, 1000) == 0) refused("a truncated checkpoint", NULL, whole, "");
}

/* ---- the predictor ------------------------------------------------------------------------- */
static void test_predictor(const char *whole, const cg_train_result *trained)
{
    char path[400];
    cg_error error = { 0 };
    cg_model *model = parse(NULL);
    cg_dataset *set = NULL;
    cg_predictor *predictor = NULL;
    cg_evaluation e = { 0 };
    const char *used;
    snprintf(path, sizeof path, "%s/last.safetensors", whole);
    cg_dataset_load(&set, &cg_model_spec(model)->data, &used, &error);
    int test = cg_dataset_split(set, "test");
    ok(cg_predictor_new(&predictor, model, path, 2, &error) == CG_OK &&
           cg_evaluate(predictor, set, test, &e, &error) == CG_OK,
       "the checkpoint serves a predictor %s", error.message);
    ok(e.n == 30 && e.loss == trained->test_loss && e.accuracy == trained->test_accuracy,
       "it measures what training measured, to the bit");

    float x[3 * 784], y[30], together[30], labels[3];
    double sum = 0;
    cg_dataset_batch(set, test, 3, NULL, x, labels);
    cg_predict(predictor, 3, x, together, &error);
    for (int i = 0; i < 3; i++) cg_predict(predictor, 1, x + 784 * i, y + 10 * i, &error);
    for (int i = 0; i < 10; i++) sum += (double)y[i];
    ok(memcmp(y, together, sizeof y) == 0,
       "an image's prediction does not depend on its companions");
    ok(fabs(sum - 1) < 1e-5, "probabilities add up to 1");
    ok(cg_evaluate(predictor, set, 9, &e, &error) == CG_EUSAGE, "an unknown split is refused");
    cg_predictor_free(predictor);
    cg_dataset_free(set);
    cg_model_free(model);
}

int main(void)
{
    cg_train_result whole;
    cg_error error = { 0 };
    if (!mkdtemp(parent)) return 1;
    ok(train(NULL, &(cg_train_options){ .folder = parent }, &whole, &error) == CG_OK,
       "a run ends well %s", error.message);
    test_predictor(whole.folder, &whole);
    test_repetition(whole.folder);
    test_seed(whole.folder);
    test_max_steps(whole.folder);
    test_other_epochs(2, 0, 5);
    test_other_epochs(3, 4, 6);
    test_other_epochs(6, 4, 2);
    test_other_epochs(4, 1, 3);
    test_wrong_epochs(whole.folder);
    static const int kills[] = { 1, 3, 4, 6, 8, 12 };
    for (size_t i = 0; i < sizeof kills / sizeof *kills; i++) test_kill(whole.folder, kills[i]);
    test_extra_lines(whole.folder);
    test_stop(whole.folder);
    test_early_stopping();
    test_nonfinite();
    test_no_folder();
    test_damaged_images();
    test_mismatches(whole.folder);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", parent);
    return system(command) | done_testing();
}
