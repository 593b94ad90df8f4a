/* The `model:` section: its input and its layers, each with what it takes its input from. */
#include "model/model.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    cg_reader *r;
    const cg_tree *list, *blocks;
    cg_model *model;
    const cg_layer_spec *around; /* the residual whose body is read, or NULL */
    int room;
} layer_reader;

/* ---- names ------------------------------------------------------------------------------------*/

static int find_name(const cg_model *m, const char *name)
{
    for (int i = 0; i < m->n_layers; i++)
        if (!strcmp(m->layer[i].name, name)) return i;
    return -1;
}

/* "conv2d_1", "conv2d_2", ...: the first that is free. */
static const char *new_name(layer_reader *l, const char *type)
{
    int n = 1;
    for (int i = 0; i < l->model->n_layers; i++) n += !strcmp(l->model->layer[i].type, type);
    for (;; n++) {
        const char *name = cg_arena_printf(l->r->arena, "%s_%d", type, n);
        if (!name) cg_diagnostics_no_memory(l->r->diagnostics);
        if (!name || find_name(l->model, name) < 0) return name;
    }
}

static bool is_name(const char *text)
{
    if (!isalpha((unsigned char)*text) && *text != '_') return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr("_.-", *text)) return false;
    return true;
}

/* The name that the file gives, or a new one. */
static const char *read_name(layer_reader *l, const char *type, const cg_tree *keys)
{
    const cg_tree *tree = cg_tree_find(keys, "name");
    const char *name;
    if (!tree || !cg_read_text(l->r, tree, "name", &name)) return new_name(l, type);
    int old = find_name(l->model, name);
    if (!is_name(name))
        cg_diagnose(l->r->diagnostics, tree->mark, NULL,
                    "letters, digits, `_`, `.` and `-`, a letter first", "\"%s\" is no name", name);
    else if (old == 0)
        cg_diagnose(l->r->diagnostics, tree->mark, NULL, "give the layer another name",
                    "the name \"input\" is that of the model's input");
    else if (old > 0)
        cg_diagnose(l->r->diagnostics, tree->mark, NULL, "give one of them another name",
                    "a second layer \"%s\", the first is in line %d", name,
                    l->model->layer[old].mark.line);
    else
        return name;
    return new_name(l, type);
}

/* ---- inputs -----------------------------------------------------------------------------------*/

/* The layer of that name anywhere in the list, or NULL. */
static const cg_tree *find_named(const cg_tree *tree, const char *name)
{
    const cg_tree *own = tree->kind == CG_TREE_MAP ? cg_tree_find(tree, "name") : NULL;
    if (own && own->kind == CG_TREE_SCALAR && !strcmp(own->text, name)) return own;
    for (int i = 0; tree->kind != CG_TREE_SCALAR && i < tree->n; i++) {
        const cg_tree *found = find_named(tree->item[i], name);
        if (found) return found;
    }
    return NULL;
}

/* The layer that a key names; -1 after a report. */
static int read_earlier(layer_reader *l, const cg_tree *tree, const char *key)
{
    const char *name;
    if (!cg_read_text(l->r, tree, key, &name)) return -1;
    int i = find_name(l->model, name);
    if (i >= 0 || l->r->n_unknown >= CG_MAX_UNKNOWN) return i;
    const cg_tree *later = find_named(l->list, name);
    if (later) {
        l->r->n_unknown++;
        cg_diagnose(l->r->diagnostics, tree->mark, NULL,
                    "a layer takes from those before it: move this one behind, or that one up",
                    "%s: layer \"%s\" comes no earlier than line %d", key, name, later->mark.line);
        return -1;
    }
    cg_words words = { .n = 0 };
    for (int k = 0; k < l->model->n_layers; k++) cg_words_add(&words, l->model->layer[k].name);
    cg_read_unknown(l->r, tree, key, "layer", &words);
    return -1;
}

/* Fills spec's inputs: `from:`, or the layer before; arity -1: two or more. */
static bool read_inputs(layer_reader *l, cg_layer_spec *spec, int arity, int previous)
{
    const cg_tree *from = cg_tree_find(spec->keys, "from");
    bool is_list = from && from->kind == CG_TREE_LIST;
    int n = is_list ? from->n : 1;
    spec->input = cg_reader_alloc(l->r, (size_t)(n ? n : 1), sizeof *spec->input);
    if (!spec->input) return false;
    if (arity == 1 ? n != 1 : n < 2) {
        cg_diagnose(l->r->diagnostics, from ? from->mark : spec->mark, NULL,
                    arity == 1 ? "join them first: add, mul, maximum or concat"
                               : "from: [a, b] names the layers it joins",
                    arity == 1 ? "%s '%s' takes one input" : "%s '%s' takes two inputs or more",
                    spec->type, spec->name);
        return false;
    }
    spec->n_inputs = n;
    for (int i = 0; i < n; i++) {
        spec->input[i] = !from ? previous : read_earlier(l, is_list ? from->item[i] : from, "from");
        if (spec->input[i] < 0) return false;
        l->model->layer[spec->input[i]].is_used = true;
    }
    return true;
}

/* ---- layers -----------------------------------------------------------------------------------*/

/* Adds a copy of the layer; its id, or -1 when out of memory. */
static int append(layer_reader *l, const cg_layer_spec *spec)
{
    cg_model *m = l->model;
    if (m->n_layers == l->room) {
        int room = l->room ? 2 * l->room : 32;
        cg_layer_spec *wider = cg_reader_alloc(l->r, (size_t)room, sizeof *wider);
        if (!wider) return -1;
        if (m->n_layers) memcpy(wider, m->layer, (size_t)m->n_layers * sizeof *wider);
        m->layer = wider;
        l->room = room;
    }
    m->layer[m->n_layers] = *spec;
    return m->n_layers++;
}

static void unknown_layer(layer_reader *l, const cg_tree *word)
{
    cg_words words = { .n = 0 };
    if (l->r->n_unknown >= CG_MAX_UNKNOWN) return;
    for (const cg_layer *const *p = cg_layers; *p; p++) cg_words_add(&words, (*p)->name);
    for (const cg_op *const *p = cg_ops; *p; p++)
        if (cg_layer_op_find((*p)->name)) cg_words_add(&words, (*p)->name);
    for (int i = 0; l->blocks && l->blocks->kind == CG_TREE_MAP && i < l->blocks->n; i++)
        cg_words_add(&words, l->blocks->key[i]->text);
    cg_words_add(&words, "repeat");
    cg_read_unknown(l->r, word, "layers", "layer", &words);
}

/* The keys that a layer has beside its attributes, NULL-terminated. */
static void more_keys(const cg_layer *layer, const char *more[16])
{
    static const char *const all[] = { "name", "from", "share", "lr", "frozen" };
    int n = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) more[n++] = all[i];
    if (layer && !strcmp(layer->name, "residual")) more[n++] = "body";
    for (const cg_layer_key *k = layer ? layer->keys : NULL; k && k->name && n < 15; k++)
        more[n++] = k->name;
    more[n] = NULL;
}

static void read_keys(layer_reader *l, cg_layer_spec *spec)
{
    const cg_attr *attrs = spec->layer ? spec->layer->attrs : spec->op->attrs;
    size_t size = spec->layer ? spec->layer->attrs_size : spec->op->attrs_size;
    const char *more[16];
    char what[160];
    spec->attrs = cg_reader_alloc(l->r, 1, size ? size : 1);
    if (!spec->attrs) return;
    more_keys(spec->layer, more);
    snprintf(what, sizeof what, "%s '%s'", spec->type, spec->name);
    cg_read_attrs(l->r, spec->keys, spec->mark, what, attrs, more, spec->attrs);
    cg_read_learning(l->r, what, l->around, spec);
    if (spec->layer) cg_read_layer_keys(l->r, spec->keys, what, spec->layer->keys, spec->attrs);
}

/* Whose parameters the layer takes; what they begin with is said there. */
static void read_share(layer_reader *l, cg_layer_spec *spec)
{
    const cg_tree *share = cg_tree_find(spec->keys, "share");
    if (!share) return;
    int id = read_earlier(l, share, "share");
    if (id < 0) return;
    if (id == 0)
        cg_diagnose(l->r->diagnostics, share->mark, NULL, "name a layer that has some",
                    "share: the input has no parameters");
    spec->share = l->model->layer[id].share ? l->model->layer[id].share : id;
    const cg_layer_spec *owner = &l->model->layer[spec->share];
    if (id && spec->is_frozen && !owner->is_frozen)
        cg_diagnose(l->r->diagnostics, share->mark, NULL, "freeze that one, or neither",
                    "%s '%s' is frozen, but '%s', whose parameters it shares, learns", spec->type,
                    spec->name, owner->name);
    for (const cg_layer_key *k = spec->layer ? spec->layer->keys : NULL; k && k->name; k++) {
        const cg_tree *init = k->type == CG_KEY_INIT ? cg_tree_find(spec->keys, k->name) : NULL;
        if (init)
            cg_diagnose(l->r->diagnostics, init->mark, NULL, "leave it out",
                        "%s '%s': \"%s\" is that of '%s', whose parameters it shares", spec->type,
                        spec->name, k->name, owner->name);
    }
}

static int read_list(layer_reader *l, const cg_tree *list, int previous);

/* A residual's inputs are its own input and the end of its body. */
static bool read_residual(layer_reader *l, cg_layer_spec *spec, int previous)
{
    const cg_tree *body = cg_tree_find(spec->keys, "body");
    if (!body || body->kind != CG_TREE_LIST || !body->n) {
        cg_diagnose(l->r->diagnostics, body ? body->mark : spec->mark, NULL,
                    "residual: {body: [conv2d: {filters: 16, kernel: 3, padding: 1}, relu]}",
                    "residual '%s': expected a list of layers `body`", spec->name);
        return false;
    }
    if (!read_inputs(l, spec, 1, previous)) return false;
    const cg_layer_spec *around = l->around;
    l->around = spec;
    spec->body = l->model->n_layers;
    int input = spec->input[0], end = read_list(l, body, input);
    l->around = around;
    spec->input = cg_reader_alloc(l->r, 2, sizeof *spec->input);
    if (end < 0 || !spec->input) return false;
    spec->n_inputs = 2;
    spec->input[0] = input;
    spec->input[1] = end;
    l->model->layer[end].is_used = true;
    return true;
}

/* Reads one entry of a list of layers; its id, or `previous` after a mistake. */
static int read_layer(layer_reader *l, const cg_tree *tree, int previous)
{
    const cg_tree *word;
    cg_layer_spec spec = { 0 };
    if (!cg_read_word(l->r, tree, "layers", &word, &spec.keys)) return previous;
    spec.mark = word->mark;
    spec.type = word->text;
    spec.layer = cg_layer_find(word->text);
    spec.op = spec.layer ? NULL : cg_layer_op_find(word->text);
    if (!spec.layer && !spec.op) {
        unknown_layer(l, word);
        return previous;
    }
    spec.name = read_name(l, spec.type, spec.keys);
    if (!spec.name) return previous;
    read_keys(l, &spec);
    read_share(l, &spec);
    bool is_residual = spec.layer && !strcmp(spec.layer->name, "residual");
    bool has_inputs = is_residual
                          ? read_residual(l, &spec, previous)
                          : read_inputs(l, &spec, spec.layer ? spec.layer->n_inputs : 1, previous);
    if (!has_inputs) {
        spec.n_inputs = 0; /* the mistake is reported; its name still stands for later layers */
        spec.is_used = true;
    }
    int id = append(l, &spec);
    return id < 0 ? previous : id;
}

static int read_list(layer_reader *l, const cg_tree *list, int previous)
{
    for (int i = 0; i < list->n && l->model->n_layers <= CG_MAX_LAYERS; i++) {
        if (l->model->n_layers == CG_MAX_LAYERS)
            cg_diagnose(l->r->diagnostics, list->item[i]->mark, NULL, NULL, "more than %d layers",
                        CG_MAX_LAYERS - 1);
        previous = read_layer(l, list->item[i], previous);
    }
    return previous;
}

/* The losses take some layers; any other whose output nobody takes is a mistake. */
static void report_unused(layer_reader *l)
{
    if (cg_diagnostics_status(l->r->diagnostics) != CG_OK) return; /* it may be their fault */
    for (int i = 1; i < l->model->n_layers; i++) {
        const cg_layer_spec *spec = &l->model->layer[i];
        if (!spec->is_used)
            cg_diagnose(
                l->r->diagnostics, spec->mark, NULL,
                "name it in the `from:` of a later layer or the `of:` of a loss, or take it out",
                "the output of %s '%s' goes nowhere", spec->type, spec->name);
    }
}

static void read_input(layer_reader *l, const cg_tree *model)
{
    static const cg_attr table[] = {
        { "shape", CG_ATTR_SHAPE, offsetof(cg_layer_spec, shape), 1, 0, 0, 0, NULL,
          "[C, H, W] of one sample" },
        { .name = NULL },
    };
    cg_layer_spec input = { .type = "input", .name = "input", .mark = model->mark };
    const cg_tree *tree = cg_tree_find(model, "input");
    if (tree) {
        input.mark = tree->mark;
        input.keys = cg_read_map(l->r, tree, "input", "input: {shape: [1, 28, 28]}");
        if (input.keys) cg_read_attrs(l->r, input.keys, tree->mark, "input", table, NULL, &input);
        const cg_tree *shape = cg_tree_find(input.keys, "shape");
        if (shape) input.mark = shape->mark;
    } else {
        cg_diagnose(l->r->diagnostics, model->mark, NULL, "input: {shape: [1, 28, 28]}",
                    "model: \"input\" is missing");
    }
    if (input.shape.rank == CG_MAX_RANK)
        cg_diagnose(l->r->diagnostics, input.mark, NULL, NULL,
                    "input: at most %d axes beside the batch", CG_MAX_RANK - 1);
    append(l, &input);
}

void cg_read_layers(cg_reader *r, const cg_tree *model, const cg_tree *blocks, cg_model *result)
{
    static const char *const keys[] = { "input", "layers", NULL };
    layer_reader l = { .r = r, .blocks = blocks, .model = result };
    if (!cg_read_map(r, model, "model", "model: {input: ..., layers: [...]}")) return;
    cg_read_attrs(r, model, model->mark, "model", NULL, keys, NULL);
    read_input(&l, model);
    if (!result->n_layers) return;
    const cg_tree *list = cg_tree_find(model, "layers");
    if (!list || list->kind != CG_TREE_LIST || !list->n) {
        cg_diagnose(r->diagnostics, list ? list->mark : model->mark, NULL,
                    "layers: [flatten, dense: {units: 10}], or a line with `- ` for each",
                    "model: expected a list `layers`");
        return;
    }
    l.list = list;
    read_list(&l, list, 0);
    cg_resolve_losses(r, result);
    report_unused(&l);
    result->spec.input = result->layer[0].shape;
}
