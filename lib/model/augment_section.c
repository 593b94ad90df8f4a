/* The `augment:` list of the `data:` section, or {fill: F, steps: list}. */
#include "model/model.h"

#include "data/augment/augment.h"

#include <stdio.h>

static const cg_augment *find(cg_reader *r, const cg_tree *word)
{
    const cg_augment *augment = cg_augment_find(word->text);
    cg_words words = { .n = 0 };
    for (const cg_augment *const *p = cg_augments; *p; p++) cg_words_add(&words, (*p)->name);
    if (!augment) cg_read_unknown(r, word, "data: augment", "step", &words);
    return augment;
}

static void read_step(cg_reader *r, const cg_tree *tree, cg_augment_step *step)
{
    const cg_tree *word, *keys;
    char what[80];
    if (!cg_read_word(r, tree, "data: augment", &word, &keys)) return;
    const cg_augment *augment = find(r, word);
    void *attrs = augment ? cg_reader_alloc(r, 1, augment->attrs_size) : NULL;
    if (!attrs) return;
    snprintf(what, sizeof what, "data: augment: %s", augment->name);
    cg_read_attrs(r, keys, word->mark, what, augment->attrs, NULL, attrs);
    *step = (cg_augment_step){ augment, attrs };

    const char *key, *cause = augment->conflict ? augment->conflict(attrs, &key) : NULL;
    const cg_tree *at = cause && keys ? cg_tree_find(keys, key) : NULL;
    if (at) cg_diagnose(r->diagnostics, at->mark, NULL, NULL, "%s: %s", what, cause);
}

/* What is mixed are images that nothing changes any more. */
static void check_mixing(cg_reader *r, const cg_tree *list, const cg_augment_step steps[])
{
    for (int i = 0; i + 1 < list->n; i++)
        if (steps[i].augment && steps[i].augment->share)
            cg_diagnose(r->diagnostics, list->item[i]->mark, NULL, "put it at the end of the list",
                        "data: augment: %s mixes what the other steps have made, once",
                        steps[i].augment->name);
}

static void read_steps(cg_reader *r, const cg_tree *list, cg_data_spec *d)
{
    if (list->kind != CG_TREE_LIST || list->n < 1 || list->n > CG_MAX_AUGMENTS) {
        cg_diagnose(r->diagnostics, list->mark, NULL, "augment: [rotate: {degrees: 10}]",
                    "data: augment: expected a list of 1 to %d steps", CG_MAX_AUGMENTS);
        return;
    }
    cg_augment_step *steps = cg_reader_alloc(r, (size_t)list->n, sizeof *steps);
    if (!steps) return;
    for (int i = 0; i < list->n; i++) read_step(r, list->item[i], &steps[i]);
    check_mixing(r, list, steps);
    d->augments = steps;
    d->n_augments = list->n;
}

void cg_model_check_augment(const cg_model *m, cg_diagnostics *diagnostics)
{
    const cg_data_spec *d = &m->spec.data;
    const cg_tree *tree = cg_tree_find(cg_tree_find(m->root, "data"), "augment");
    char shape[CG_SHAPE_TEXT];
    for (int i = 0; i < d->n_augments && m->spec.input.rank != 3; i++)
        if (d->augments[i].augment->needs_image)
            cg_diagnose(diagnostics, tree->mark, NULL, "input: {shape: [C, H, W]}",
                        "data: augment: %s needs images of C x H x W, the input is %s",
                        d->augments[i].augment->name, cg_shape_text(&m->spec.input, shape));
}

void cg_read_augment(cg_reader *r, const cg_tree *tree, cg_data_spec *d)
{
    static const cg_attr table[] = {
        CG_REAL(cg_data_spec, fill, 0, -1e6, 1e6, "value beyond the edge"),
        { .name = NULL },
    };
    static const char *const more[] = { "steps", NULL };
    if (tree->kind != CG_TREE_MAP) {
        read_steps(r, tree, d);
        return;
    }
    cg_read_attrs(r, tree, tree->mark, "data: augment", table, more, d);
    const cg_tree *steps = cg_tree_find(tree, "steps");
    if (steps)
        read_steps(r, steps, d);
    else
        cg_diagnose(r->diagnostics, tree->mark, NULL, "augment: {fill: 0, steps: [rotate: ...]}",
                    "data: augment: \"steps\" is missing");
}
