/* The sections that say how a model is trained: loss, optimizer, schedule, train, metrics. */
#include "model/typed.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* A metric of what the loss and the target make of a prediction. */
static void check_metric(cg_reader *r, const cg_tree *item, const cg_spec *spec)
{
    const cg_metric *metric = cg_metric_find(item->text);
    cg_words words = { .n = 0 };
    cg_measured as = spec->loss ? cg_measured_as(spec->loss, spec->data.target) : metric->as;
    if (metric->as == as || metric->as == CG_AS_LOSS) return;
    for (const cg_metric *const *p = cg_metrics; *p; p++)
        if ((*p)->as == as || (*p)->as == CG_AS_LOSS) cg_words_add(&words, (*p)->name);
    cg_read_unknown(r, item, "metrics", "metric of what is to be learnt", &words);
}

static void read_metrics(cg_reader *r, const cg_tree *tree, cg_spec *spec)
{
    static const char *const usual[][4] = { [CG_AS_CLASSES] = { "accuracy" },
                                            [CG_AS_VALUES] = { "mae", "rmse", "r2" },
                                            [CG_AS_MARKS] = { "hits", "exact", "mark_f1" },
                                            [CG_AS_LOSS] = { NULL } };
    cg_measured as = spec->loss ? cg_measured_as(spec->loss, spec->data.target) : CG_AS_CLASSES;
    spec->metrics = usual[as];
    if (!tree) return;
    if (tree->kind != CG_TREE_LIST) {
        cg_diagnose(r->diagnostics, tree->mark, NULL, "metrics: [accuracy, f1]",
                    "metrics: expected a list, found %s", cg_tree_kind_name(tree));
        return;
    }
    const char **names = cg_reader_alloc(r, (size_t)tree->n + 1, sizeof *names);
    int n = 0;
    for (int i = 0; names && i < tree->n; i++) {
        const char *text;
        if (!cg_read_text(r, tree->item[i], "metrics", &text)) continue;
        int known = 0;
        while (known < n && strcmp(names[known], text) != 0) known++;
        if (known < n)
            cg_diagnose(r->diagnostics, tree->item[i]->mark, NULL, "take one of them out",
                        "metrics: %s stands twice", text);
        else if (cg_metric_find(text)) {
            check_metric(r, tree->item[i], spec);
            names[n++] = text;
        } else
            CG_UNKNOWN_TYPE(r, tree->item[i], "metrics", "metric", cg_metric, cg_metrics);
    }
    spec->metrics = names;
}

/* Metrics are measured without learning, on the splits that are for it. */
static void check_metrics(cg_reader *r, const cg_tree *tree, const cg_spec *spec)
{
    bool is_measured = !spec->data.n_splits || spec->validation_split || spec->test_split;
    for (int i = 0; !is_measured && tree && tree->kind == CG_TREE_LIST && i < tree->n; i++) {
        const char *name = tree->item[i]->kind == CG_TREE_SCALAR ? tree->item[i]->text : "";
        if (cg_metric_find(name) && strcmp(name, "loss") != 0 && strcmp(name, "accuracy") != 0)
            cg_warn(r->diagnostics, tree->item[i]->mark,
                    "validation: 0.1, or a split called `test`",
                    "metrics: there is neither validation nor test to measure %s on", name);
    }
}

/* ---- train ------------------------------------------------------------------------------------*/

typedef struct {
    int64_t epochs, batch, accumulate, shuffle, on_nonfinite;
    double clip_norm, clip_value, warmup, ema;
} train_keys;

static const cg_attr train_table[] = {
    CG_INT(train_keys, epochs, 0, 1, 1000000, "passes over the training split"),
    CG_INT(train_keys, batch, 0, 1, 65536, "images a step"),
    CG_INT(train_keys, accumulate, 1, 1, 65536, "batches whose gradients make one update"),
    { "shuffle", CG_ATTR_BOOL, offsetof(train_keys, shuffle), 1, 1, 0, 1, NULL,
      "a new order each epoch" },
    CG_CHOICE(train_keys, on_nonfinite, "stop skip rollback ignore", "what NaN and infinity do"),
    CG_REAL(train_keys, clip_norm, 0, 0, 1e30, "longest gradient; 0: no limit"),
    CG_REAL(train_keys, clip_value, 0, 0, 1e30, "largest element of the gradient; 0: no limit"),
    CG_REAL(train_keys, warmup, 0, 0, 1e6, "epochs in which the learning rate rises from 0"),
    CG_REAL(train_keys, ema, 0, 0, 0.9999999, "memory of averaged weights; 0: no averages"),
    { .name = NULL },
};

typedef struct {
    int64_t monitor, patience;
    double min_delta, below;
} stopping_keys;

static const cg_attr stopping_table[] = {
    CG_CHOICE(stopping_keys, monitor, "auto loss accuracy val_loss val_accuracy",
              "what must improve; auto: val_loss, without validation loss"),
    CG_INT(stopping_keys, patience, 0, 0, 1000000, "epochs without improvement; 0: no limit"),
    CG_REAL(stopping_keys, min_delta, 0, 0, 1e30, "the least that counts as improvement"),
    CG_REAL(stopping_keys, below, 0, 0, 1e30, "stop once a monitored loss is below; 0: never"),
    { .name = NULL },
};

const char *cg_read_monitor(cg_reader *r, const cg_tree *map, const char *what, const char *monitor,
                            const cg_spec *spec)
{
    if (!monitor) return spec->validation_split ? "val_loss" : "loss";
    bool is_of_validation = !strncmp(monitor, "val_", 4);
    cg_mark mark = cg_tree_find(map, "monitor")->mark;
    if (is_of_validation && !spec->validation_split)
        cg_diagnose(r->diagnostics, mark, NULL, "train: {validation: 0.1}",
                    "%s: %s needs a validation split", what, monitor);
    if (strstr(monitor, "accuracy") && spec->data.target != CG_TARGET_CLASS)
        cg_diagnose(r->diagnostics, mark, NULL,
                    is_of_validation ? "monitor: val_loss" : "monitor: loss",
                    "%s: there is no accuracy where the target is no class", what);
    return monitor;
}

static void read_stopping(cg_reader *r, const cg_tree *tree, cg_spec *spec)
{
    static const char *const monitors[] = { NULL, "loss", "accuracy", "val_loss", "val_accuracy" };
    stopping_keys keys;
    if (!cg_read_map(r, tree, "early_stopping", "early_stopping: {patience: 5}")) return;
    cg_read_attrs(r, tree, tree->mark, "early_stopping", stopping_table, NULL, &keys);
    if (!keys.patience && keys.below == 0)
        cg_diagnose(r->diagnostics, tree->mark, NULL, "patience: 5, or below: 0.01",
                    "early_stopping: neither \"patience\" nor \"below\" is given");
    spec->early_stopping.on = true;
    spec->early_stopping.monitor =
        cg_read_monitor(r, tree, "early_stopping", monitors[keys.monitor], spec);
    spec->early_stopping.patience = keys.patience;
    spec->early_stopping.min_delta = keys.min_delta;
    spec->early_stopping.below = keys.below;
}

typedef struct {
    int64_t every;
} checkpoint_keys;

static const cg_attr checkpoint_table[] = {
    CG_INT(checkpoint_keys, every, 0, 1, 1000000000, "steps from one to the next"),
    { .name = NULL },
};

static void read_checkpoint(cg_reader *r, const cg_tree *tree, cg_spec *spec)
{
    checkpoint_keys keys;
    if (!cg_read_map(r, tree, "checkpoint", "checkpoint: {every: 1000}")) return;
    cg_read_attrs(r, tree, tree->mark, "checkpoint", checkpoint_table, NULL, &keys);
    spec->checkpoint_every = keys.every;
}

static int find_split(const cg_data_spec *d, const char *name)
{
    for (int i = 0; i < d->n_splits; i++)
        if (d->splits[i].name && !strcmp(d->splits[i].name, name)) return i;
    return -1;
}

/* A fraction cuts the end off the training split. */
static void cut_validation(cg_reader *r, const cg_tree *tree, double fraction, cg_spec *spec)
{
    cg_data_spec *d = &spec->data;
    int train = find_split(d, "train");
    cg_split_spec *splits = cg_reader_alloc(r, (size_t)d->n_splits + 1, sizeof *splits);
    if (train < 0 || !splits) return;
    if (d->splits[train].fraction != 0 || find_split(d, "validation") >= 0) {
        cg_diagnose(r->diagnostics, tree->mark, NULL, "name the split: validation: validation",
                    "train: validation: the splits already say which images are for what");
        return;
    }
    for (int i = 0; i < d->n_splits; i++) splits[i] = d->splits[i];
    splits[train].fraction = 1 - fraction;
    splits[d->n_splits] = splits[train];
    splits[d->n_splits].name = "validation";
    splits[d->n_splits].fraction = -fraction;
    d->splits = splits;
    d->n_splits++;
    spec->validation_split = "validation";
}

/* Validation chooses the best weights, and may end the run: by images of their own. */
static void warn_of_known_images(cg_reader *r, const cg_tree *tree, const char *split)
{
    static const char help[] = "validation: 0.1 keeps a tenth of the training images for it";
    if (!strcmp(split, "test"))
        cg_warn(r->diagnostics, tree->mark, help,
                "train: validation by the test images: the test at the end will flatter");
    else if (!strcmp(split, "train"))
        cg_warn(r->diagnostics, tree->mark, help,
                "train: validation by the images that are learnt from");
}

static void read_validation(cg_reader *r, const cg_tree *tree, cg_spec *spec)
{
    const char *what = "train: validation", *name;
    double fraction;
    bool is_number =
        tree->kind == CG_TREE_SCALAR && !tree->quoted && cg_parse_real(tree->text, &fraction);
    if (is_number) {
        if (cg_read_real(r, tree, what, 0.001, 0.999, &fraction))
            cut_validation(r, tree, fraction, spec);
        return;
    }
    if (!cg_read_text(r, tree, what, &name)) return;
    if (find_split(&spec->data, name) >= 0) {
        spec->validation_split = name;
        warn_of_known_images(r, tree, name);
        return;
    }
    cg_words words = { .n = 0 };
    for (int i = 0; i < spec->data.n_splits; i++) cg_words_add(&words, spec->data.splits[i].name);
    cg_read_unknown(r, tree, what, "split", &words);
}

static const char train_example[] = "train: {epochs: 10, batch: 64}";

static void read_train(cg_reader *r, const cg_tree *tree, cg_spec *spec)
{
    static const char *const more[] = { "validation", "early_stopping", "checkpoint", "from",
                                        NULL };
    train_keys keys;
    if (!cg_read_map(r, tree, "train", train_example)) return;
    cg_read_attrs(r, tree, tree->mark, "train", train_table, more, &keys);
    spec->epochs = keys.epochs;
    spec->batch = keys.batch;
    spec->keep_order = !keys.shuffle;
    spec->on_nonfinite = (cg_on_nonfinite)keys.on_nonfinite;
    spec->clip_norm = keys.clip_norm;
    spec->clip_value = keys.clip_value;
    spec->warmup = keys.warmup;
    spec->accumulate = keys.accumulate;
    spec->ema = keys.ema;
    const cg_tree *warmup = cg_tree_find(tree, "warmup");
    if (warmup && keys.warmup > (double)keys.epochs && keys.epochs > 0)
        cg_warn(r->diagnostics, warmup->mark, "fewer epochs of warm-up, or more in all",
                "train: warmup: %g epochs of %lld: the learning rate never gets where it rises to",
                keys.warmup, (long long)keys.epochs);
    const cg_tree *validation = cg_tree_find(tree, "validation");
    const cg_tree *stopping = cg_tree_find(tree, "early_stopping");
    const cg_tree *from = cg_tree_find(tree, "from");
    const cg_tree *checkpoint = cg_tree_find(tree, "checkpoint");
    if (checkpoint) read_checkpoint(r, checkpoint, spec);
    if (validation) read_validation(r, validation, spec);
    if (stopping) read_stopping(r, stopping, spec);
    if (from && cg_read_text(r, from, "train: from", &spec->from)) {
        spec->from_place = cg_mark_place(from->mark);
        spec->from_is_users = cg_mark_is_users(from->mark);
    }
}

/* ---- all of them ------------------------------------------------------------------------------*/

static const cg_tree *section(cg_reader *r, const cg_tree *root, const char *key,
                              const char *example)
{
    const cg_tree *tree = cg_tree_find(root, key);
    if (!tree) cg_diagnose(r->diagnostics, root->mark, NULL, example, "\"%s\" is missing", key);
    return tree;
}

void cg_read_training(cg_reader *r, const cg_tree *root, cg_model *m)
{
    const cg_tree *tree;
    cg_spec *spec = &m->spec;
    if (find_split(&spec->data, "train") >= 0)
        spec->train_split = "train";
    else if (spec->data.splits)
        cg_diagnose(r->diagnostics, cg_tree_find(root, "data")->mark, NULL,
                    "splits: {train: {from: train}, test: {from: test}}",
                    "data: splits: there is no split \"train\"");
    if (find_split(&spec->data, "test") >= 0) spec->test_split = "test";
    cg_read_losses(r, root, m);
    if ((tree = section(r, root, "optimizer", "optimizer: {type: sgd, lr: 0.1}")))
        cg_read_optimizer(r, tree, spec);
    if ((tree = section(r, root, "train", train_example))) read_train(r, tree, spec);
    if ((tree = cg_tree_find(root, "schedule"))) cg_read_schedule(r, tree, spec);
    read_metrics(r, cg_tree_find(root, "metrics"), spec);
    check_metrics(r, cg_tree_find(root, "metrics"), spec);
}
