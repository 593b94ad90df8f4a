/* What a run is made of: the order of images, the last batch, the learning rate, one step. */
#include "train/trainer.h"

#include "base/memory.h"
#include "base/rng.h"
#include "train/snapshot.h"

#include "../tap.h"

#include <math.h>
#include <string.h>

/* 40 images in batches of 16: the last batch holds 8. */
static const char yaml[] =
    "cnngraph: 1\n"
    "name: small\n"
    "seed: 7\n"
    "data: {source: digits, digits: {train: 40, test: 10}, splits: {train: {from: train}}}\n"
    "model:\n"
    "  input: {shape: [1, 28, 28]}\n"
    "  layers:\n"
    "    - flatten\n"
    "    - dense: {units: 10}\n"
    "    - softmax\n"
    "loss: cce\n"
    "optimizer: {type: sgd, lr: 1}\n"
    "schedule: {type: cosine, min: 0}\n"
    "train: {epochs: 3, batch: 16, warmup: 1}\n";
enum { N_IMAGES = 40, N_BATCHES = 3 };

static cg_model *parse(const char *set)
{
    cg_model *model = NULL;
    cg_error error = { 0 };
    if (cg_model_parse(&model, "small.yaml", yaml, strlen(yaml), set ? 1 : 0, &set, NULL, &error) !=
        CG_OK)
        printf("# %s\n", error.message);
    return model;
}

static int is_permutation(const int64_t order[])
{
    int seen[N_IMAGES] = { 0 };
    for (int i = 0; i < N_IMAGES; i++)
        if (order[i] < 0 || order[i] >= N_IMAGES || seen[order[i]]++) return 0;
    return 1;
}

static void test_order(cg_trainer *t)
{
    int64_t first[N_IMAGES];
    cg_trainer_shuffle(t, 0);
    memcpy(first, t->order, sizeof first);
    ok(is_permutation(t->order), "an epoch sees each image once");
    cg_trainer_shuffle(t, 1);
    ok(is_permutation(t->order) && memcmp(first, t->order, sizeof first) != 0,
       "the next one in another order");
    cg_trainer_shuffle(t, 0);
    ok(memcmp(first, t->order, sizeof first) == 0,
       "an epoch's order is its own, whenever it is asked for");
}

/* Warm-up over the 3 steps of the first epoch, then half a cosine over the 2 epochs left. */
static void test_rate(cg_trainer *t)
{
    double worst = 0;
    for (uint64_t step = 0; step < 9; step++) {
        double expected = step < 3
                              ? (double)(step + 1) / 3
                              : (1 + cos(3.14159265358979323846 * ((double)step / 3 - 1) / 2)) / 2;
        t->standing.step = step;
        worst = fmax(worst, fabs(cg_trainer_rate(t) - expected));
    }
    t->standing.step = 0;
    ok(worst < 1e-12, "the learning rate warms up, then follows its schedule (%.1e)", worst);
}

/* Room for one copy and a half. */
static void test_snapshots(void)
{
    cg_trainer t;
    cg_error error = { 0 };
    cg_budget budget = { 0 };
    cg_snapshot first = { 0 }, second = { 0 };
    cg_model *model = parse(NULL);
    cg_model_set_budget(model, &budget);
    cg_trainer_open(&t, model, 1, NULL, &error);
    int64_t before = budget.taken;
    ok(cg_snapshot_take(&first, &t, &error) == CG_OK && budget.taken > before,
       "a copy of the weights is taken out of the budget %s", error.message);
    budget.limit = budget.taken + (budget.taken - before) / 2;
    ok(cg_snapshot_take(&first, &t, &error) == CG_OK, "once, however often it is taken anew %s",
       error.message);
    ok(cg_snapshot_take(&second, &t, &error) == CG_ELIMIT, "a second finds what the first left: %s",
       error.message);
    cg_snapshot_free(&first);
    ok(budget.taken == before && cg_snapshot_take(&second, &t, &error) == CG_OK,
       "which gives it back");
    cg_snapshot_free(&second);
    cg_trainer_close(&t);
    cg_model_free(model);
}

static void test_epoch(cg_trainer *t)
{
    cg_error error = { 0 };
    ok(t->n_batches == N_BATCHES && t->full.batch == 16 && t->rest.batch == 8,
       "the last batch is smaller");
    for (int i = 0; i < N_BATCHES; i++) cg_trainer_step(t, &error);
    ok(t->tally->n == N_IMAGES && t->standing.step == N_BATCHES,
       "every image of the epoch counts %s", error.message);
    ok(cg_trainer_check(t, &error) == CG_OK, "all parameters are finite");
    float *values = cg_program_leaf(t->full.program, CG_NODE_PARAMETER, 1).data;
    values[3] = NAN;
    ok(cg_trainer_check(t, &error) == CG_ENUMERIC && strstr(error.message, "dense_1.bias"),
       "a NaN is found: %s", error.message);
}

/* Every batch of all epochs, through the loader, against the images asked for one by one. */
static void test_batches(void)
{
    static float x[784];
    cg_trainer t;
    cg_error error = { 0 };
    cg_model *model = parse(NULL);
    int n_same = 0;
    cg_trainer_open(&t, model, 2, NULL, &error);
    for (uint64_t epoch = 0; epoch < 3; epoch++) {
        int64_t order[N_IMAGES];
        cg_rng rng = cg_rng_new(7, "shuffle", epoch);
        for (int i = 0; i < N_IMAGES; i++) order[i] = i;
        cg_rng_shuffle(&rng, N_IMAGES, order);
        for (int i = 0; i < N_IMAGES; i++) {
            float label;
            const cg_batch *b = i < 32 ? &t.full : &t.rest;
            t.standing.position = i / 16;
            if (i % 16 == 0 && cg_trainer_step(&t, &error) != CG_OK) break;
            cg_dataset_batch(t.set, t.train, 1, order + i, x, &label);
            n_same += memcmp(b->x + i % 16 * 784, x, sizeof x) == 0 && b->labels[i % 16] == label;
        }
    }
    ok(n_same == 3 * N_IMAGES, "each epoch's batches hold its images in its order %s",
       error.message);
    cg_trainer_close(&t);
    cg_model_free(model);
}

/* The length of the change of all parameters in one step. */
static double step_length(const char *set)
{
    cg_trainer t;
    cg_error error = { 0 };
    cg_model *model = parse(set);
    double sum = NAN;
    if (model && cg_trainer_open(&t, model, 1, NULL, &error) == CG_OK) {
        cg_leaf weight = cg_program_leaf(t.full.program, CG_NODE_PARAMETER, 0);
        int64_t n = cg_shape_size(&weight.shape) + 10; /* the bias lies behind the weight */
        float *now = weight.data, *before = cg_alloc((size_t)n, sizeof *before);
        memcpy(before, now, (size_t)n * sizeof *before);
        cg_trainer_step(&t, &error);
        sum = 0;
        for (int64_t i = 0; i < n; i++) sum += pow((double)now[i] - (double)before[i], 2);
        cg_release(before);
    }
    if (model) cg_trainer_close(&t);
    cg_model_free(model);
    return sqrt(sum) * 3; /* the first step of the warm-up goes at a third */
}

static void test_clipping(void)
{
    double whole = step_length(NULL), short_one = step_length("train.clip_norm=0.01"),
           long_one = step_length("train.clip_norm=1000"),
           flat = step_length("train.clip_value=0.0001");
    ok(whole > 0.1, "a step has a length (%.3f)", whole);
    ok(fabs(short_one - 0.01) < 1e-4, "clip_norm limits it (%.5f)", short_one);
    ok(fabs(long_one - whole) < 1e-6, "and leaves shorter ones as they are");
    ok(flat > 0 && flat < 0.0001 * sqrt(7850) * 1.001, "clip_value limits each element (%.5f)",
       flat);
}

static void test_kept_order(void)
{
    cg_trainer t;
    cg_error error = { 0 };
    cg_model *model = parse("train.shuffle=false");
    int in_order = cg_trainer_open(&t, model, 1, NULL, &error) == CG_OK;
    if (in_order) cg_trainer_shuffle(&t, 0);
    for (int i = 0; i < N_IMAGES && in_order; i++) in_order = t.order[i] == i;
    ok(in_order, "shuffle: false keeps the order %s", error.message);
    cg_trainer_close(&t);
    cg_model_free(model);
}

static void test_failures(void)
{
    cg_trainer t;
    cg_error error = { 0 };
    cg_model *model = parse(NULL);
    int64_t n = 0;
    cg_status status = CG_ENOMEM;
    for (; status == CG_ENOMEM && n < 100000; n += 1 + n / 256) { /* of the later ones a sample */
        cg_fail_allocation_after(n);
        status = cg_trainer_open(&t, model, 1, NULL, &error);
        cg_fail_allocation_after(-1);
        cg_trainer_close(&t);
    }
    ok(status == CG_OK && n > 10,
       "each of the first 256 allocations, and some of the others, may fail: %s",
       cg_status_name(status));
    cg_model_free(model);
}

int main(void)
{
    cg_trainer t;
    cg_error error = { 0 };
    cg_model *model = parse(NULL);
    if (!ok(model && cg_trainer_open(&t, model, 1, NULL, &error) == CG_OK, "a trainer opens %s",
            error.message))
        return 1;
    test_order(&t);
    test_rate(&t);
    test_epoch(&t);
    cg_trainer_close(&t);
    cg_model_free(model);
    test_snapshots();
    test_batches();
    test_clipping();
    test_kept_order();
    test_failures();
    return done_testing();
}
