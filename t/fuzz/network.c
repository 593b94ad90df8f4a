/* Networks that the bytes choose, of any layers, losses and optimisers that there are: what a model
 * file may say is compiled, trained and evaluated on any instruction set, and comes to the same
 * bits on one thread and on several. */
#include "fuzz.h"

#include "base/cpu.h"
#include "nn/nn.h"
#include "optim/optim.h"
#include "train/batch.h"
#include "train/weights.h"

#include <cnngraph/op.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES = 200, LAYERS = 6, TRIES = 16, ROOM = 8192, THREADS = 3, STEPS = 2, WORDS = 256 };
static const int64_t most_flops = 1000000, most_bytes = 1 << 24;

/* ---- choosing ------------------------------------------------------------------------------- */
typedef struct {
    const uint8_t *at, *end;
    char text[ROOM];
    size_t n;
} writer;

/* One of n; the first once the bytes are used up. */
static unsigned choose(writer *w, unsigned n)
{
    return w->at < w->end ? *w->at++ % n : 0;
}

__attribute__((format(printf, 2, 3))) static void put(writer *w, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(w->text + w->n, ROOM - w->n, format, arguments);
    va_end(arguments);
    fuzz_expect(n >= 0 && (size_t)n < ROOM - w->n, "a network's text has room");
    w->n += (size_t)n;
}

static void put_int(writer *w)
{
    static const char *const values[] = { "1", "2",  "3", "4", "5",  "6",  "7",
                                          "0", "-1", "8", "9", "12", "16", "-2" };
    put(w, "%s", values[choose(w, sizeof values / sizeof *values)]);
}

static void put_ints(writer *w, int n)
{
    for (int i = 0; i < n; i++) {
        put(w, i ? ", " : "[");
        put_int(w);
    }
    put(w, "]");
}

static void put_real(writer *w)
{
    static const char *const values[] = { "0.5",  "0.1", "1",    "0",   "2",    "-1",  "0.01",
                                          "0.99", "1e3", "1e-8", "1.5", "1e30", "-0.5" };
    put(w, "%s", values[choose(w, sizeof values / sizeof *values)]);
}

/* Of "zero reflect replicate". */
static void put_word(writer *w, const char *words)
{
    const char *word[WORDS];
    unsigned n = 0;
    for (; *words && n < WORDS; words += strspn(words, " ")) {
        word[n++] = words;
        words += strcspn(words, " ");
    }
    const char *chosen = n ? word[choose(w, n)] : "none";
    put(w, "%.*s", (int)strcspn(chosen, " "), chosen);
}

static void put_value(writer *w, const cg_attr *a)
{
    switch (a->type) {
    case CG_ATTR_INT:
        put_int(w);
        break;
    case CG_ATTR_REAL:
        put_real(w);
        break;
    case CG_ATTR_BOOL:
        put(w, choose(w, 2) ? "true" : "false");
        break;
    case CG_ATTR_CHOICE:
        put_word(w, a->choices);
        break;
    case CG_ATTR_INTS:
        if (choose(w, 2))
            put_ints(w, choose(w, 2) ? a->count : (a->count + 1) / 2);
        else
            put_int(w);
        break;
    case CG_ATTR_LIST:
        put_ints(w, 1 + (int)choose(w, (unsigned)a->count));
        break;
    case CG_ATTR_AXES:
        put_ints(w, 1 + (int)choose(w, 3));
        break;
    case CG_ATTR_SHAPE:
        put_ints(w, 1 + (int)choose(w, 4));
        break;
    }
}

/* What must be said, and a part of what may be. */
static void put_attrs(writer *w, const cg_attr *attrs)
{
    for (const cg_attr *a = attrs; a && a->name; a++) {
        bool is_required = a->value < a->min || a->value > a->max;
        if (!is_required && choose(w, 3) != 1) continue;
        put(w, ", %s: ", a->name);
        put_value(w, a);
    }
}

/* The ops that a model file may name as layers, those of lib/nn/layers aside. */
static const cg_op *layer_op(unsigned chosen)
{
    const cg_op *found[WORDS];
    unsigned n = 0;
    for (const cg_op *const *op = cg_ops; *op && n < WORDS; op++)
        if (((*op)->traits & CG_LAYER) && !cg_layer_find((*op)->name)) found[n++] = *op;
    return found[chosen % n];
}

static void put_keys(writer *w, const cg_layer_key *keys)
{
    for (const cg_layer_key *k = keys; k && k->name; k++) {
        if (choose(w, 3) != 1) continue;
        put(w, ", %s: ", k->name);
        unsigned n = 0;
        while (cg_inits[n]) n++;
        switch (k->type) {
        case CG_KEY_INIT:
            put(w, "%s", cg_inits[choose(w, n)]->name);
            break;
        case CG_KEY_ACTIVATION:
            put(w, "%s", layer_op(choose(w, WORDS))->name);
            break;
        case CG_KEY_PADDING:
            if (choose(w, 3) == 0)
                put(w, "same");
            else
                put_ints(w, choose(w, 2) ? 2 : 4);
            break;
        }
    }
}

/* Layer number i; one that joins others takes any two before it. */
static void put_layer(writer *w, int i)
{
    const unsigned before = i > 0 ? (unsigned)i : 1;
    unsigned n = 0, chosen = choose(w, WORDS);
    while (cg_layers[n]) n++;
    const cg_layer *layer = chosen % 3 ? cg_layers[(chosen / 3) % n] : NULL;
    const cg_op *op = layer ? NULL : layer_op(chosen / 3);
    put(w, "    - %s: {name: l%d", layer ? layer->name : op->name, i);
    put_attrs(w, layer ? layer->attrs : op->attrs);
    if (layer) put_keys(w, layer->keys);
    if (layer && layer->n_inputs < 0) {
        put(w, ", from: [l%u", choose(w, before));
        put(w, ", l%u]", choose(w, before));
    } else if (i > 0 && choose(w, 8) == 1) {
        put(w, ", from: l%u", choose(w, before));
    }
    if (layer && choose(w, 8) == 1) put(w, ", frozen: true");
    if (layer && i > 0 && choose(w, 8) == 1) put(w, ", share: l%u", choose(w, before));
    put(w, "}\n");
}

/* ---- a network ------------------------------------------------------------------------------ */
static cg_model *parse(const writer *w)
{
    cg_model *model;
    cg_error error = { 0 };
    cg_status status = cg_model_parse(&model, "m.yaml", w->text, w->n, 0, NULL, NULL, &error);
    fuzz_expect((status == CG_OK) == (model != NULL), "there is a model where there is no mistake");
    return model;
}

static void put_end(writer *w, const char *head, const char *loss)
{
    put(w, "%sloss: %s\noptimizer: {type: sgd, lr: 0.1}\ntrain: {epochs: 1, batch: 4}\n", head,
        loss);
}

/* Whether the text, which ends within the list of layers, may be gone on with. */
static bool fits(writer *w)
{
    size_t n = w->n;
    put_end(w, "    - flatten\n    - dense: {units: 2}\n", "cross_entropy");
    cg_model *model = parse(w);
    cg_model_free(model);
    w->n = n;
    w->text[n] = '\0';
    return model != NULL;
}

/* Any loss, as it is by default, and any optimiser, with attributes that are chosen. */
static void put_training(writer *w)
{
    unsigned n_losses = 0, n_optimizers = 0;
    while (cg_losses[n_losses]) n_losses++;
    while (cg_optimizers[n_optimizers]) n_optimizers++;
    put(w, "loss: {type: %s", cg_losses[choose(w, n_losses)]->name);
    const cg_optimizer *o = cg_optimizers[choose(w, n_optimizers)];
    put(w, "}\noptimizer: {type: %s, lr: 0.01", o->name);
    put_attrs(w, o->attrs + 1);
    put(w, "}\ntrain: {epochs: 1, batch: 4%s}\n",
        choose(w, 4) == 1   ? ", ema: 0.9"
        : choose(w, 4) == 1 ? ", accumulate: 2"
                            : "");
}

static cg_model *make(writer *w)
{
    put(w, "cnngraph: 1\nmodel:\n  input: {shape: [%u", 1 + choose(w, 5));
    for (int i = 0; i < 2; i++) put(w, ", %u", 1 + choose(w, 13));
    put(w, "]}\n  layers:\n");
    int n = 0;
    for (int i = 0; i < TRIES && n < LAYERS && w->at < w->end; i++) {
        size_t before = w->n;
        put_layer(w, n);
        bool is_sound = fits(w);
        if (!is_sound) w->n = before;
        n += is_sound;
    }
    if (choose(w, 4)) put(w, "    - flatten\n");
    put(w, "    - dense: {units: %u}\n", 1 + choose(w, 4));
    size_t before = w->n;
    put_training(w);
    cg_model *model = parse(w);
    w->n = model ? w->n : before;
    if (!model) put_end(w, "", "mse");
    return model ? model : parse(w);
}

/* ---- its runs ------------------------------------------------------------------------------- */
static void fill(cg_batch *b, const cg_spec *spec, int64_t n_values, unsigned n_classes, int step)
{
    double values[CG_UPDATE_SCALARS];
    cg_update_values(spec, 0.01, (uint64_t)step, 1, values);
    for (int i = 0; i < CG_UPDATE_SCALARS; i++)
        if (b->scalars[i]) *b->scalars[i] = (float)values[i];
    for (int64_t i = 0; i < n_values; i++)
        b->x[i] = (float)((uint32_t)(i + step) * 2654435761u >> 8) / (float)(1 << 23) - 1;
    for (int64_t i = 0; i < b->batch; i++) b->labels[i] = (float)((uint64_t)i % n_classes);
}

static void expect_same(const void *a, const void *b, int64_t n)
{
    fuzz_expect(memcmp(a, b, (size_t)n * sizeof(float)) == 0, "threads do not change a bit");
}

/* Twice side by side, on one thread and on several. */
typedef cg_status builder(cg_batch *b, const cg_model *model, int64_t batch, cg_pool *pool,
                          cg_program *share, cg_error *error);
static void run(const cg_model *model, builder *build, int64_t batch, cg_program *share)
{
    static cg_pool *pool;
    const cg_spec *spec = cg_model_spec(model);
    const unsigned n_classes = spec->n_outputs > 1 ? (unsigned)spec->n_outputs : 2;
    cg_batch b[2] = { 0 };
    cg_error error = { 0 };
    char digest[2][CG_DIGEST_TEXT];
    if (!pool) pool = cg_pool_new(THREADS);
    cg_status status = build(&b[0], model, batch, NULL, share, &error);
    fuzz_expect(status == CG_OK || error.message[0], "a mistake is told");
    bool is_small = status == CG_OK && cg_program_flops(b[0].program) <= most_flops;
    if (is_small) {
        status = build(&b[1], model, batch, pool, share, &error);
        fuzz_expect(status == CG_OK || status == CG_ELIMIT, "threads do not change what compiles");
    }
    for (int i = 0; i < 2 && status == CG_OK && is_small && !share; i++)
        fuzz_expect(cg_model_init(model, b[i].program, 1, &error) == CG_OK, "weights have values");
    for (int step = 0; step < STEPS && status == CG_OK && is_small; step++) {
        cg_status ends[2];
        for (int i = 0; i < 2; i++) {
            fill(&b[i], spec, batch * cg_shape_size(&spec->input), n_classes, step);
            ends[i] = cg_run(b[i].program, 1, (uint64_t)step);
        }
        fuzz_expect(ends[0] == ends[1], "threads do not change how a step ends");
        if (ends[0] != CG_OK) break;
        expect_same(b[0].losses, b[1].losses, batch);
        expect_same(b[0].y, b[1].y, batch * spec->n_outputs);
        for (int i = 0; i < 2; i++)
            fuzz_expect(cg_weights_digest(b[i].program, digest[i], &error) == CG_OK,
                        "weights have a digest");
        fuzz_expect(!strcmp(digest[0], digest[1]), "threads do not change a weight");
    }
    if (!share && b[0].program) run(model, cg_batch_evaluation, batch, b[0].program);
    cg_batch_free(&b[0]);
    cg_batch_free(&b[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const sets[] = { "portable", "avx2", "avx512" };
    if (size > BYTES) return 0; /* more are not needed */
    writer w = { .at = data, .end = data + size };
    unsigned tier = choose(&w, 3);
    const char *set = sets[cg_tier_usable((cg_tier)tier) ? tier : CG_PORTABLE];
    if (setenv("CNNGRAPH_ISA", set, 1) != 0) abort();
    int64_t batch = 1 + choose(&w, 19);
    cg_model *model = make(&w);
    if (!model) return 0;
    cg_budget budget = { .limit = most_bytes };
    cg_model_set_budget(model, &budget);
    run(model, cg_batch_training, batch, NULL);
    fuzz_expect(budget.taken == 0, "memory is given back");
    cg_model_free(model);
    return 0;
}
