/* Keys of layers that say more than a number: initialisers, activations, padding. */
#include "model/model.h"

#include <string.h>

const cg_op *cg_layer_op_find(const char *name)
{
    const cg_op *op = cg_op_find(name);
    return op && (op->traits & CG_LAYER) && !cg_layer_find(name) ? op : NULL;
}

/* Reports that the keys of a word are no map; the way out is its first key with what was found.
 * True where the word itself is the mistake, and the caller's to report. */
static bool keys_are_no_map(cg_reader *r, const char *word, const cg_tree *found)
{
    const cg_layer *layer = cg_layer_find(word);
    const cg_init *init = cg_init_find(word);
    const cg_op *op = cg_layer_op_find(word);
    if (!layer && !init && !op) return true;
    const cg_attr *attrs = layer ? layer->attrs : init ? init->attrs : op->attrs;
    bool is_join = layer && layer->n_inputs < 0, is_residual = !strcmp(word, "residual");
    const char *key = is_join ? "from" : is_residual ? "body" : attrs ? attrs->name : "name";
    const char *value = is_join                                  ? "[a, b]"
                        : is_residual                            ? "[...]"
                        : found->kind == CG_TREE_SCALAR && attrs ? found->text
                                                                 : "...";
    const char *help = cg_arena_printf(r->arena, "%s: {%s: %s}", word, key, value);
    if (!help) cg_diagnostics_no_memory(r->diagnostics);
    cg_read_map(r, found, word, help);
    return false;
}

bool cg_read_word(cg_reader *r, const cg_tree *tree, const char *what, const cg_tree **word,
                  const cg_tree **keys)
{
    *keys = NULL;
    *word = tree;
    if (tree->kind == CG_TREE_MAP && tree->n == 1) {
        *word = tree->key[0];
        if (cg_tree_is_null(tree->item[0])) return true;
        if (tree->item[0]->kind != CG_TREE_MAP)
            return keys_are_no_map(r, (*word)->text, tree->item[0]);
        *keys = tree->item[0];
        return true;
    }
    if (tree->kind == CG_TREE_SCALAR && !cg_tree_is_null(tree)) return true;
    if (tree->kind == CG_TREE_MAP && tree->n > 1)
        cg_diagnose(r->diagnostics, tree->key[1]->mark, NULL,
                    "write {word: {key: value, ...}}, the keys deeper than the word",
                    "%s: expected one word, found a second key \"%s\"", what, tree->key[1]->text);
    else
        cg_diagnose(r->diagnostics, tree->mark, NULL, "such as relu, or dense: {units: 10}",
                    "%s: expected a word or {word: {key: value}}, found %s", what,
                    cg_tree_kind_name(tree));
    return false;
}

static void read_init(cg_reader *r, const cg_tree *tree, const char *what, cg_init_use *use)
{
    const cg_tree *word, *keys;
    if (!cg_read_word(r, tree, what, &word, &keys)) return;
    const cg_init *init = cg_init_find(word->text);
    if (!init) {
        cg_words words = { .n = 0 };
        for (const cg_init *const *p = cg_inits; *p; p++) cg_words_add(&words, (*p)->name);
        cg_read_unknown(r, word, what, "initialiser", &words);
        return;
    }
    cg_read_attrs(r, keys, word->mark, cg_read_within(r, what, init->name), init->attrs, NULL,
                  &use->attrs);
    use->init = init;
}

static void read_activation(cg_reader *r, const cg_tree *tree, const char *what,
                            cg_activation_use *use)
{
    const cg_tree *word, *keys;
    if (!cg_read_word(r, tree, what, &word, &keys)) return;
    const cg_op *op = cg_layer_op_find(word->text);
    if (!op || op->attrs_size > CG_ACTIVATION_ATTRS) {
        cg_words words = { .n = 0 };
        for (const cg_op *const *p = cg_ops; *p; p++)
            if (cg_layer_op_find((*p)->name)) cg_words_add(&words, (*p)->name);
        cg_read_unknown(r, word, what, "activation", &words);
        return;
    }
    cg_read_attrs(r, keys, word->mark, cg_read_within(r, what, op->name), op->attrs, NULL,
                  &use->attrs);
    use->op = op;
}

/* same, valid, one number for all sides, [down, across], or [top, left, bottom, right]. */
static void read_padding(cg_reader *r, const cg_tree *tree, const char *what, cg_padding *padding)
{
    static const char *const words[] = { "same", "valid" };
    if (tree->kind == CG_TREE_SCALAR && !strcmp(tree->text, words[0])) {
        padding->same = true;
        return;
    }
    if (tree->kind == CG_TREE_SCALAR && !strcmp(tree->text, words[1])) return;
    bool is_word = tree->kind == CG_TREE_SCALAR && !cg_tree_is_null(tree) &&
                   strspn(tree->text, "+-0123456789.") == 0;
    if (is_word) {
        cg_words known = { .word = { words[0], words[1] }, .n = 2 };
        cg_read_unknown(r, tree, what, "padding", &known);
        return;
    }
    int64_t values[4];
    int n;
    if (!cg_read_ints(r, tree, what, 4, 0, 1024, values, &n)) return;
    if (n == 3) {
        cg_diagnose(r->diagnostics, tree->mark, NULL,
                    "all sides, [down, across], or [top, left, bottom, right]",
                    "%s: expected 1, 2 or 4 whole numbers, found 3", what);
        return;
    }
    for (int i = 0; i < 4; i++) padding->sides[i] = values[i % n];
}

void cg_read_layer_keys(cg_reader *r, const cg_tree *map, const char *what,
                        const cg_layer_key *keys, void *out)
{
    for (const cg_layer_key *k = keys; k && k->name; k++) {
        const cg_tree *value = cg_tree_find(map, k->name);
        void *field = (char *)out + k->offset;
        if (!value) continue;
        const char *section = cg_read_within(r, what, k->name);
        switch (k->type) {
        case CG_KEY_INIT:
            read_init(r, value, section, field);
            break;
        case CG_KEY_ACTIVATION:
            read_activation(r, value, section, field);
            break;
        case CG_KEY_PADDING:
            read_padding(r, value, section, field);
            break;
        }
    }
}
