/* One seed, one result: digests of weights on any number of threads, in any locale and time zone;
 * and what tells that two trainings part. */
#include "train/lockstep.h"
#include "train/weights.h"

#include "base/file.h"

#include <cnngraph/train.h>

#include "../tap.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Dropout, augmentation and normalisation draw and add up; 44 images in batches of 8. */
static const char yaml[] = "cnngraph: 1\n"
                           "name: small\n"
                           "seed: 7\n"
                           "data: {source: digits, digits: {train: 55, test: 20}}\n"
                           "model:\n"
                           "  input: {shape: [1, 28, 28]}\n"
                           "  layers:\n"
                           "    - conv2d: {name: c, filters: 4, kernel: 5, stride: 3}\n"
                           "    - batch_norm: {name: n}\n"
                           "    - relu\n"
                           "    - flatten\n"
                           "    - dropout: {rate: 0.25}\n"
                           "    - dense: {name: d, units: 10}\n"
                           "loss: cross_entropy\n"
                           "optimizer: {type: adam, lr: 0.0125}\n"
                           "train: {epochs: 3, batch: 8, validation: 0.2}\n";

static cg_model *parse(const char *set)
{
    cg_model *model = NULL;
    cg_error error = { 0 };
    if (cg_model_parse(&model, "small.yaml", yaml, strlen(yaml), set ? 1 : 0, &set, NULL, &error) !=
        CG_OK)
        printf("# %s\n", error.message);
    return model;
}

static void train(const char *set, int threads, char digest[CG_WEIGHTS_DIGEST])
{
    cg_train_result result = { .weights = "" };
    cg_error error = { 0 };
    cg_model *model = parse(set);
    if (model &&
        cg_train(model, &(cg_train_options){ .threads = threads }, &result, &error) != CG_OK)
        printf("# %s\n", error.message);
    memcpy(digest, result.weights, CG_WEIGHTS_DIGEST);
    cg_model_free(model);
}

static bool is_digest(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* ---- whatever is around -------------------------------------------------------------------- */
static void test_threads(const char *expected)
{
    static const int counts[] = { 1, 2, 3, 7, 0 };
    char digest[CG_WEIGHTS_DIGEST];
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        train(NULL, counts[i], digest);
        ok(!strcmp(digest, expected), "%d threads give the same weights (0: all cores)", counts[i]);
    }
    train("seed=8", 0, digest);
    ok(is_digest(digest) && strcmp(digest, expected) != 0, "another seed gives others");
}

/* Locales whose decimal point is a comma, whose i has no dot in capitals; built here, where they
 * are not installed but can be. */
static bool enter_locale(const char *folder, const char *language)
{
    char name[40], command[200];
    snprintf(name, sizeof name, "%s.UTF-8", language);
    if (setlocale(LC_ALL, name)) return true;
    snprintf(command, sizeof command, "localedef -f UTF-8 -i %s %s/%s 2>/dev/null", language,
             folder, name);
    return system(command) >= 0 && setenv("LOCPATH", folder, 1) == 0 && setlocale(LC_ALL, name);
}

static void test_locales(const char *expected)
{
    static const char *const languages[] = { "de_DE", "tr_TR" };
    char folder[] = "/tmp/cnngraph-locale-XXXXXX", digest[CG_WEIGHTS_DIGEST], command[64];
    if (!mkdtemp(folder)) return;
    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++) {
        char text[40];
        unsetenv("LOCPATH"); /* or the next would be missed there before it is made, and for good */
        if (!enter_locale(folder, languages[i])) {
            skip(languages[i], "there is no such locale, and no localedef to make it");
            continue;
        }
        snprintf(text, sizeof text, "%.1f", 0.5);
        train(NULL, 2, digest);
        ok(!strcmp(digest, expected) && !strcmp(text, "0,5"),
           "in the locale %s, which writes %s, weights are the same", languages[i], text);
        setlocale(LC_ALL, "C");
    }
    unsetenv("LOCPATH");
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0) puts("# the folder of locales is left");
}

static void test_time_zones(const char *expected)
{
    static const char *const zones[] = { "UTC0", "XXX-14", "Pacific/Apia" };
    char digest[CG_WEIGHTS_DIGEST];
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        setenv("TZ", zones[i], 1);
        tzset();
        train(NULL, 2, digest);
        ok(!strcmp(digest, expected), "the time zone %s changes nothing", zones[i]);
    }
    unsetenv("TZ");
    tzset();
}

/* ---- what the digest is of ----------------------------------------------------------------- */
static void digest_of(const char *bytes, size_t n, char digest[CG_DIGEST_TEXT])
{
    cg_digest sum;
    cg_digest_begin(&sum, CG_SHA256);
    cg_digest_add(&sum, bytes, n);
    cg_digest_end(&sum, digest);
}

/* Parameters and states whose order of recording is not that of their names; values 1, -2, 3, 4 and
 * those of an optimiser, 5. */
static void test_digest(void)
{
    cg_graph *g = cg_graph_new();
    cg_program *p = NULL;
    cg_node *b = cg_parameter(g, "b", CG_SHAPE(1)), *a = cg_parameter(g, "a", CG_SHAPE(1));
    cg_node *mean = cg_state(g, "ab", CG_SHAPE(1)), *average = cg_state(g, "ema", CG_SHAPE(1)),
            *moment = cg_state(g, "adam.m", CG_SHAPE(1));
    char digest[CG_DIGEST_TEXT] = "", expected[CG_DIGEST_TEXT];
    static const char bytes[] = "a\0\0\0\0\300"
                                "ab\0\0\0\100\100"
                                "b\0\0\0\200\77"
                                "ema\0\0\0\200\100";
    digest_of(bytes, sizeof bytes - 1, expected);
    cg_compile(&p, g, 5, (cg_node *[]){ a, b, mean, average, moment }, NULL, NULL);
    *cg_data_f32(p, b) = 1;
    *cg_data_f32(p, a) = -2;
    *cg_data_f32(p, mean) = 3;
    *cg_data_f32(p, average) = 4;
    *cg_data_f32(p, moment) = 5;
    ok(cg_weights_digest(p, digest, NULL) == CG_OK && !strcmp(digest, expected),
       "a digest is of names and little-endian values of the model, in the order of the names");
    cg_program_free(p);
    cg_graph_free(g);
}

/* Running statistics count in predictions, and so does a weight that is not trained. */
static void test_digest_of_states(void)
{
    cg_trainer t;
    cg_error error = { 0 };
    char before[CG_DIGEST_TEXT] = "", after[CG_DIGEST_TEXT] = "";
    cg_model *model = parse("model.layers[0]={conv2d: {name: c, filters: 4, kernel: 5, stride: 3, "
                            "frozen: true}}");
    cg_status status = cg_trainer_open(&t, model, 1, NULL, &error);
    int n = 0, n_seen = 0;
    for (int i = 0; status == CG_OK && i < cg_program_leaves(t.full.program, CG_NODE_STATE); i++) {
        cg_leaf leaf = cg_program_leaf(t.full.program, CG_NODE_STATE, i);
        if (cg_is_training_state(leaf.name)) continue;
        cg_weights_digest(t.full.program, before, NULL);
        *(float *)leaf.data += 1;
        cg_weights_digest(t.full.program, after, NULL);
        n++;
        n_seen += is_digest(after) && strcmp(before, after) != 0;
    }
    ok(n == 4 && n_seen == n, "%d of %d states of a model are seen in its digest %s", n_seen, n,
       error.message);
    cg_trainer_close(&t);
    cg_model_free(model);
}

/* ---- steps side by side -------------------------------------------------------------------- */
static void test_verify(void)
{
    cg_verification v;
    cg_error error = { 0 };
    cg_model *model = parse(NULL);
    ok(cg_train_verify(model, 2, &v, &error) == CG_OK && v.steps == 6 && v.threads == 2 &&
           v.other_threads == 1 && is_digest(v.weights),
       "the steps of an epoch agree on 2 threads and on 1 %s", error.message);
    ok(cg_train_verify(model, 1, &v, &error) == CG_OK && v.other_threads == 2, "and the other way");
    cg_model_free(model);
}

static void test_parting(void)
{
    cg_lockstep l;
    cg_error error = { 0 };
    cg_model *model = parse(NULL);
    cg_status status = cg_lockstep_open(&l, model, 1, model, 2, &error);
    for (int i = 0; status == CG_OK && i < 2; i++) status = cg_lockstep_step(&l, &error);
    ok(status == CG_OK && !l.difference.name[0], "two steps agree %s", error.message);
    float *bias = cg_program_leaf(l.b.full.program, CG_NODE_PARAMETER, 1).data;
    bias[2] = nextafterf(bias[2], 1);
    status = cg_lockstep_verify(&l, 6, &error);
    ok(status == CG_EREPRODUCE && cg_status_exit_code(status) == 10 &&
           strstr(error.message, "step 3: '") && strstr(error.message, "on 1 and on 2 threads"),
       "a last bit that differs is found after the next step: %s", error.message);
    cg_lockstep_close(&l);
    cg_model_free(model);
}

static void test_other_model(void)
{
    cg_lockstep l;
    cg_error error = { 0 };
    cg_model *a = parse(NULL), *b = parse("optimizer.lr=0.0126");
    cg_status status = cg_lockstep_open(&l, a, 1, b, 1, &error);
    bool start = status == CG_OK && !l.difference.name[0];
    if (status == CG_OK) status = cg_lockstep_step(&l, &error);
    ok(start && status == CG_OK && !strcmp(l.difference.name, "c.weight") &&
           fabs(l.difference.largest - 1e-4) < 1e-5,
       "another learning rate parts in the first step, by %.2g in '%s' %s", l.difference.largest,
       l.difference.name, error.message);
    while (status == CG_OK && cg_lockstep_goes_on(&l)) status = cg_lockstep_step(&l, &error);
    ok(status == CG_OK && l.steps == 18, "steps go on across epochs, to the end: %d %s",
       (int)l.steps, error.message);
    cg_lockstep_close(&l);
    cg_model_free(a);
    cg_model_free(b);
}

static void test_values(void)
{
    const float a[] = { 1, 0, NAN, 2, 5 }, b[] = { 1, -0.0f, NAN, 2.5f, 4 };
    cg_difference d = { .name = "x" };
    int64_t n = cg_compare_values(a, b, 5, &d);
    ok(n == 3 && d.at == 1 && d.largest == 1,
       "0 and -0 differ, a NaN and itself do not; the largest difference is %g", d.largest);
    const float c[] = { 1, INFINITY };
    ok(cg_compare_values(a, c, 2, &d) == 1 && d.largest == (double)INFINITY,
       "infinity is infinitely far");
}

int main(void)
{
    char expected[CG_WEIGHTS_DIGEST], again[CG_WEIGHTS_DIGEST];
    train(NULL, 1, expected);
    train(NULL, 1, again);
    ok(is_digest(expected) && !strcmp(expected, again), "two runs give the same weights, %.12s",
       expected);
    test_threads(expected);
    test_locales(expected);
    test_time_zones(expected);
    test_digest();
    test_digest_of_states();
    test_verify();
    test_parting();
    test_other_model();
    test_values();
    return done_testing();
}
