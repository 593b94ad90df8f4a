/* `loss`, or `losses`: which layers are compared with what, and how much that counts. */
#include "model/typed.h"

#include <stdio.h>
#include <string.h>

enum { MAX_LOSSES = 16 };

typedef struct {
    double weight;
    int64_t target;
} loss_keys;
static const cg_attr loss_table[] = {
    CG_REAL(loss_keys, weight, 1, 0, 1e9, "what the loss is multiplied by"),
    CG_CHOICE(loss_keys, target, "data input", "what it compares with"),
    { .name = NULL },
};

/* ---- weights ----------------------------------------------------------------------------------*/

/* Numbers of 0 or more, of which one counts. */
static void read_numbers(cg_reader *r, const cg_tree *tree, const char *what, cg_weights *w)
{
    bool is_list = tree->kind == CG_TREE_LIST;
    int n = is_list ? tree->n : 1;
    double *values = cg_reader_alloc(r, (size_t)n, sizeof *values), sum = 0;
    for (int i = 0; values && i < n; i++) {
        if (!cg_read_real(r, is_list ? tree->item[i] : tree, what, 0, 1e9, &values[i])) return;
        sum += values[i];
    }
    if (values && sum == 0)
        cg_diagnose(r->diagnostics, tree->mark, NULL, "leave it out", "%s: nothing counts", what);
    w->n = values ? n : 0;
    w->value = values;
}

/* What there is to be balanced: classes or columns of the data's target. */
static void read_balanced(cg_reader *r, const cg_tree *tree, const char *what, const cg_model *m,
                          const cg_head *h, cg_weights *w)
{
    const char *cause = !cg_tree_find(m->root, "data") ? "there is no `data`"
                        : h->of_input                  ? "the target is the input"
                                                       : NULL;
    if (cause)
        cg_diagnose(r->diagnostics, tree->mark, NULL, "numbers, such as [1, 2.5]",
                    "%s: balanced counts what the training data hold, but %s", what, cause);
    w->is_balanced = true;
}

static void read_weights(cg_reader *r, const cg_model *m, cg_head *h)
{
    const char *key = cg_weighing_keys[h->loss->weighs],
               *example = "weights: balanced, or [1, 2.5]";
    const cg_tree *tree = key ? cg_tree_find(h->keys, key) : NULL;
    if (!tree || !h->attrs) return;
    char section[120];
    snprintf(section, sizeof section, "loss %s", h->loss->name);
    const char *what = cg_read_within(r, section, key);
    bool is_ones = h->loss->weighs == CG_WEIGHS_ONES, is_scalar = tree->kind == CG_TREE_SCALAR;
    if (is_scalar && !strcmp(tree->text, "balanced"))
        read_balanced(r, tree, what, m, h, h->attrs);
    else if ((tree->kind == CG_TREE_LIST && tree->n) || (is_ones && is_scalar))
        read_numbers(r, tree, what, h->attrs);
    else
        cg_diagnose(r->diagnostics, tree->mark, NULL, example,
                    "%s: expected a list of numbers, or `balanced`", what);
}

/* ---- a loss -----------------------------------------------------------------------------------*/

static void read_loss(cg_reader *r, const cg_tree *tree, const cg_model *m, cg_head *h)
{
    const cg_spec *spec = &m->spec;
    cg_typed t = cg_read_type(r, tree, "loss");
    h->mark = tree->mark;
    h->keys = t.keys;
    if (!t.word) return;
    h->loss = cg_loss_find(t.word->text);
    if (!h->loss) {
        CG_UNKNOWN_TYPE(r, t.word, "loss", "type", cg_loss, cg_losses);
        return;
    }
    h->attrs = cg_read_typed_attrs(r, t, "loss", h->loss->attrs, h->loss->attrs_size,
                                   cg_weighing_keys[h->loss->weighs]);
    read_weights(r, m, h);
    if (h->loss->only_classes && (h->of_input || spec->data.target != CG_TARGET_CLASS))
        cg_diagnose(r->diagnostics, t.word->mark, NULL,
                    "target: class, or a loss of values, such as mse or bce",
                    "%s compares with classes, but %s says otherwise", h->loss->name,
                    h->of_input ? "`target: input`" : "data: target");
}

static const char example[] =
    "losses: [{loss: cross_entropy, of: classes}, {loss: mse, weight: 0.1}]";

/* {loss: LOSS, of: LAYER, weight: W, target: input} */
static void read_entry(cg_reader *r, const cg_tree *tree, const cg_model *m, cg_head *h)
{
    static const char *const more[] = { "loss", "of", NULL };
    loss_keys keys;
    if (!cg_read_map(r, tree, "losses", example)) return;
    cg_read_attrs(r, tree, tree->mark, "losses", loss_table, more, &keys);
    const cg_tree *loss = cg_tree_find(tree, "loss");
    h->of = cg_tree_find(tree, "of");
    h->weight = keys.weight;
    h->of_input = keys.target == 1;
    if (loss)
        read_loss(r, loss, m, h);
    else
        cg_diagnose(r->diagnostics, tree->mark, NULL, "{loss: mse, of: LAYER}",
                    "losses: \"loss\" is missing");
}

static void read_list(cg_reader *r, const cg_tree *list, cg_model *m)
{
    if (list->kind != CG_TREE_LIST || !list->n || list->n > MAX_LOSSES) {
        cg_diagnose(r->diagnostics, list->mark, NULL, example,
                    "losses: expected a list of 1 to %d losses", MAX_LOSSES);
        return;
    }
    for (int i = 0; i < list->n; i++) read_entry(r, list->item[i], m, &m->head[i]);
    m->n_heads = list->n;
    if (m->head[0].of_input)
        cg_diagnose(r->diagnostics, list->item[0]->mark, NULL,
                    "put another first, or let data: target be `input`",
                    "losses: metrics look at the first, by the data's target");
}

void cg_read_losses(cg_reader *r, const cg_tree *root, cg_model *m)
{
    const cg_tree *one = cg_tree_find(root, "loss"), *several = cg_tree_find(root, "losses");
    m->head = cg_reader_alloc(r, MAX_LOSSES, sizeof *m->head);
    if (!m->head) return;
    m->head[0] = (cg_head){ .weight = 1 };
    if (!one && !several)
        cg_diagnose(r->diagnostics, root->mark, NULL, "loss: cross_entropy", "\"loss\" is missing");
    if (one && several)
        cg_diagnose(r->diagnostics, several->mark, NULL, "put it into the list",
                    "\"losses\" beside \"loss\"");
    if (several)
        read_list(r, several, m);
    else if (one)
        read_loss(r, one, m, &m->head[0]);
    if (!several) m->n_heads = 1;
    m->spec.loss = m->head[0].loss;
    m->spec.loss_attrs = m->head[0].attrs;
}

static int find_layer(cg_reader *r, const cg_tree *of, const cg_model *m)
{
    const char *name;
    cg_words words = { .n = 0 };
    if (!cg_read_text(r, of, "losses: of", &name)) return 0;
    for (int i = 1; i < m->n_layers; i++) {
        if (!strcmp(m->layer[i].name, name)) return i;
        cg_words_add(&words, m->layer[i].name);
    }
    cg_read_unknown(r, of, "losses: of", "layer", &words);
    return 0;
}

int cg_model_class_values(const cg_model *m)
{
    int64_t least = 0;
    for (int i = 0; i < m->n_heads; i++) {
        int64_t n = cg_shape_size(&m->layer[m->head[i].layer].shape);
        bool is_class = m->spec.data.target == CG_TARGET_CLASS && !m->head[i].of_input;
        if (is_class && (!least || n < least)) least = n;
    }
    return (int)least;
}

void cg_resolve_losses(cg_reader *r, cg_model *m)
{
    for (int i = 0; i < m->n_heads; i++) {
        cg_head *h = &m->head[i];
        h->layer = h->of ? find_layer(r, h->of, m) : m->n_layers - 1;
        m->layer[h->layer].is_used = true;
    }
}
