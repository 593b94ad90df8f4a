/* Augmentation in training: what the steps are fed, and that mixup mixes losses as it mixes
 * images. */
#include "train/trainer.h"

#include "base/memory.h"
#include "base/pool.h"

#include "../tap.h"

#include <math.h>
#include <string.h>

enum { PIXELS = 784, BATCH = 4, IMAGES = 18, PARAMETERS = PIXELS * 10 + 10 };

static cg_model *parse(const char *augment, const char *loss)
{
    char text[1000];
    cg_model *model = NULL;
    cg_error error = { 0 };
    snprintf(
        text, sizeof text,
        "cnngraph: 1\nseed: 3\n"
        "data: {source: digits, digits: {train: 18, test: 10}, normalize: {mean: 0.2, std: 2}%s}\n"
        "model: {input: {shape: [1, 28, 28]}, layers: [flatten, dense: {units: 10}]}\n"
        "loss: %s\noptimizer: {type: sgd, lr: 1}\ntrain: {epochs: 2, batch: 4}\n",
        augment, loss);
    if (cg_model_parse(&model, "m.yaml", text, strlen(text), 0, NULL, NULL, &error) != CG_OK)
        printf("# %s\n", error.message);
    return model;
}

/* ---- what is fed ----------------------------------------------------------------------------- */
/* The batch of each step, against the same made anew. */
static int count_batches(cg_trainer *t, cg_augmenter *a, cg_error *error)
{
    static float x[BATCH * PIXELS], labels[BATCH];
    int n_same = 0;
    int64_t order[IMAGES];
    for (int64_t step = 0; step < 10; step++) {
        t->standing.position = step % 5;
        if (cg_trainer_step(t, error) != CG_OK) break;
        const cg_batch *b = step % 5 < 4 ? &t->full : &t->rest;
        cg_trainer again = { .spec = t->spec, .n_images = IMAGES, .order = order };
        cg_trainer_shuffle(&again, step / 5);
        const int64_t *images = order + step % 5 * BATCH;
        cg_dataset_batch(t->set, t->train, b->batch, images, x, labels);
        cg_augmenter_apply(a, step / 5, b->batch, images, x);
        cg_augmenter_mix(a, (uint64_t)step, b->batch, x);
        bool is_same = !memcmp(b->x, x, (size_t)b->batch * PIXELS * sizeof *x);
        for (int64_t i = 0; i < b->batch; i++)
            is_same = is_same && b->labels[i] == labels[i] &&
                      b->partners[i] == labels[b->batch - 1 - i] &&
                      b->shares[i] == cg_augmenter_share(a, (uint64_t)step, i);
        n_same += is_same;
    }
    return n_same;
}

static void test_feeding(void)
{
    cg_trainer t;
    cg_error error = { 0 };
    cg_augmenter *a = NULL;
    static float x[PIXELS], label;
    cg_model *model = parse(", augment: [rotate: {degrees: 20}, mixup]", "cross_entropy");
    cg_status status = cg_trainer_open(&t, model, 2, NULL, &error);
    const double mean = 0.2, std = 2;
    if (status == CG_OK)
        status = cg_augmenter_new(&a, &t.spec->data, &t.spec->input, &mean, &std, &error);
    ok(status == CG_OK && count_batches(&t, a, &error) == 10,
       "steps are fed images, partners and shares as seed, epoch and step say %s", error.message);

    cg_trainer_evaluate(&t, t.test, &error);
    cg_dataset_batch(t.set, t.test, 1, NULL, x, &label);
    ok(!memcmp(t.evaluation.x, x, sizeof x), "what is evaluated stays as it is");
    cg_augmenter_free(a);
    cg_trainer_close(&t);
    cg_model_free(model);
}

/* All values of a target are fed, the partner's too. */
static void test_feeding_values(void)
{
    cg_trainer t;
    cg_model *model = NULL;
    static const char text[] =
        "cnngraph: 1\nseed: 3\n"
        "data: {source: digits, digits: {train: 18, test: 10}, target: input, augment: [mixup]}\n"
        "model: {input: {shape: [1, 28, 28]}, layers: [flatten, dense: {units: 784}]}\n"
        "loss: mse\noptimizer: sgd\ntrain: {epochs: 1, batch: 4}\n";
    cg_status status = cg_model_parse(&model, "m.yaml", text, strlen(text), 0, NULL, NULL, NULL);
    if (status == CG_OK) status = cg_trainer_open(&t, model, 1, NULL, NULL);
    if (status == CG_OK) status = cg_trainer_step(&t, NULL);
    int n_same = 0;
    for (int i = 0; status == CG_OK && i < BATCH; i++)
        n_same += !memcmp(t.full.partners + i * PIXELS, t.full.labels + (BATCH - 1 - i) * PIXELS,
                          PIXELS * sizeof(float));
    ok(n_same == BATCH, "mixup feeds all values of the partner's target");
    cg_trainer_close(&t);
    cg_model_free(model);
}

/* ---- mixed losses ---------------------------------------------------------------------------- */
/* Adds `weight` times the gradient of the batch by all parameters, told by a step of rate 1. */
static void add_gradient(const cg_model *model, const cg_batch *b, double weight, double sum[])
{
    static float before[PARAMETERS];
    cg_model_init(model, b->program, 3, NULL);
    const float *now = cg_program_leaf(b->program, CG_NODE_PARAMETER, 0).data; /* bias behind it */
    memcpy(before, now, sizeof before);
    *b->scalars[0] = 1;
    cg_run(b->program, 0, 0);
    for (int i = 0; i < PARAMETERS; i++) sum[i] += weight * ((double)before[i] - (double)now[i]);
}

static void test_gradient(const char *loss)
{
    static const float labels[] = { 3, 7 }, shares[] = { 0.4f, 0.1f };
    static double mixed[PARAMETERS], expected[PARAMETERS];
    cg_model *model = parse(", augment: [mixup]", loss), *plain = parse("", loss);
    cg_pool *pool = cg_pool_new(1);
    cg_batch two, one;
    double worst = 0, largest = 0;
    memset(mixed, 0, sizeof mixed);
    memset(expected, 0, sizeof expected);
    cg_batch_training(&two, model, 2, pool, NULL, NULL);
    cg_batch_training(&one, plain, 1, pool, NULL, NULL);
    for (int i = 0; i < 2 * PIXELS; i++) two.x[i] = (float)sin(i);
    for (int i = 0; i < 2; i++) {
        two.labels[i] = labels[i];
        two.partners[i] = labels[1 - i];
        two.shares[i] = shares[i];
        memcpy(one.x, two.x + i * PIXELS, PIXELS * sizeof *one.x);
        one.labels[0] = labels[i];
        add_gradient(plain, &one, (1 - (double)shares[i]) / 2, expected);
        one.labels[0] = labels[1 - i];
        add_gradient(plain, &one, (double)shares[i] / 2, expected);
    }
    add_gradient(model, &two, 1, mixed);
    for (int i = 0; i < PARAMETERS; i++) {
        worst = fmax(worst, fabs(mixed[i] - expected[i]));
        largest = fmax(largest, fabs(expected[i]));
    }
    ok(!one.partners && !one.shares && largest > 1e-3 && worst < 1e-5 * largest,
       "mixup's gradient is the weighted sum of those of %s by either label (%.1e)", loss,
       worst / largest);
    cg_batch_free(&two);
    cg_batch_free(&one);
    cg_pool_free(pool);
    cg_model_free(model);
    cg_model_free(plain);
}

int main(void)
{
    test_feeding();
    test_feeding_values();
    test_gradient("cross_entropy");
    test_gradient("mse");
    test_gradient("hinge");
    return done_testing();
}
