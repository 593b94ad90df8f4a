/* Variables first (variables.c), everywhere but in blocks; then the list of layers, into which each
 * use of a block puts a copy of the block's layers with its parameters in their places. */
#include "model/expand.h"

#include "base/text.h"
#include "model/model.h"
#include "model/variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BLOCK_DEPTH = 16 };

typedef struct {
    cg_variables v;
    cg_tree *blocks; /* a map, or NULL: none */
    int depth, n_repeats;
} expander;

/* ---- blocks -----------------------------------------------------------------------------------*/

static void expand_list(expander *e, const cg_tree *from, cg_tree *to);

static void add(expander *e, cg_tree *map, cg_mark at, const char *key, cg_tree *item)
{
    cg_tree *name = cg_tree_scalar(e->v.arena, at, key);
    if (!name || !item || !cg_tree_append(e->v.arena, map, name, item))
        cg_diagnostics_no_memory(e->v.diagnostics);
}

/* The keys that say what a block takes: a list of names, or a map of names and defaults. */
static const cg_tree *parameters_of(expander *e, const cg_tree *block)
{
    const cg_tree *p = cg_tree_find(block, "parameters");
    const cg_tree *bad = !p || cg_tree_is_null(p) || p->kind != CG_TREE_SCALAR ? NULL : p;
    for (int i = 0; p && p->kind == CG_TREE_LIST && i < p->n && !bad; i++)
        if (p->item[i]->kind != CG_TREE_SCALAR) bad = p->item[i];
    if (bad)
        cg_diagnose(e->v.diagnostics, bad->mark, NULL, NULL,
                    "parameters: expected a list of names or a map of defaults");
    return bad || !p || p->kind == CG_TREE_SCALAR ? NULL : p;
}

static cg_tree *default_value(expander *e, const cg_tree *parameter)
{
    cg_tree *value = cg_tree_copy(e->v.arena, parameter, &e->v.budget);
    if (value) cg_substitute(&e->v, value, &e->v.all);
    return value;
}

/* Default values, then those of the use.  A parameter without either is a mistake. */
static cg_tree *arguments(expander *e, const char *block, const cg_tree *parameters,
                          const cg_tree *use, cg_mark at)
{
    cg_tree *all = cg_tree_new(e->v.arena, CG_TREE_MAP, at);
    if (!all) {
        cg_diagnostics_no_memory(e->v.diagnostics);
        return NULL;
    }
    e->v.budget -= parameters ? parameters->n : 0;
    for (int i = 0; parameters && i < parameters->n; i++) {
        bool is_map = parameters->kind == CG_TREE_MAP;
        const char *name = is_map ? parameters->key[i]->text : parameters->item[i]->text;
        cg_tree *value = cg_tree_find(use, name);
        if (!value && is_map && !cg_tree_is_null(parameters->item[i]))
            value = default_value(e, parameters->item[i]);
        if (value)
            add(e, all, value->mark, name, value);
        else
            cg_diagnose(e->v.diagnostics, at, NULL,
                        cg_arena_printf(e->v.arena,
                                        "%.*s: {%.*s: ...}, or a default in `parameters`",
                                        CG_YAML_NAME, block, CG_YAML_NAME, name),
                        "block %s: \"%s\" is missing", block, name);
    }
    for (int i = 0; use && use->kind == CG_TREE_MAP && i < use->n; i++)
        if (cg_tree_index(all, use->key[i]->text) < 0 && strcmp(use->key[i]->text, "name") != 0)
            cg_variables_unknown(&e->v, use->key[i]->mark, "block parameter", use->key[i]->text,
                                 all);
    return all;
}

/* The names that layers of a list have, sorted. */
typedef struct {
    const char **name;
    size_t n;
} name_list;

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* How many there are, wherever they stand; they go to `name`, unless it is NULL. */
static size_t collect_names(const cg_tree *layers, const char **name)
{
    size_t n = 0;
    for (int i = 0; layers->kind != CG_TREE_SCALAR && i < layers->n; i++) {
        const cg_tree *item = layers->item[i];
        bool is_name = layers->key[i] && !strcmp(layers->key[i]->text, "name");
        if (is_name && item->kind == CG_TREE_SCALAR) {
            if (name) name[n] = item->text;
            n++;
        }
        n += collect_names(item, name ? name + n : NULL);
    }
    return n;
}

/* Puts prefix. in front of the names that the block's own layers have, wherever they stand. */
static void prefix_names(expander *e, cg_tree *tree, const name_list *own, const char *prefix)
{
    for (int i = 0; tree->kind != CG_TREE_SCALAR && i < tree->n; i++) {
        cg_tree *item = tree->item[i];
        const char *key = tree->key[i] ? tree->key[i]->text : "";
        bool is_name = !strcmp(key, "name") || !strcmp(key, "from") || !strcmp(key, "share");
        cg_tree **one = item->kind == CG_TREE_LIST ? item->item : &item;
        int n = item->kind == CG_TREE_LIST ? item->n : 1;
        for (int k = 0; is_name && k < n; k++) {
            if (one[k]->kind != CG_TREE_SCALAR ||
                !bsearch(&one[k]->text, own->name, own->n, sizeof *own->name, by_bytes))
                continue;
            one[k]->text = cg_arena_printf(e->v.arena, "%s.%s", prefix, one[k]->text);
            if (!one[k]->text) {
                one[k]->text = "";
                cg_diagnostics_no_memory(e->v.diagnostics);
            }
        }
        if (!is_name) prefix_names(e, item, own, prefix);
    }
}

/* Appends a copy of the layers under the scope; their names get the prefix. */
static void expand_copy(expander *e, const cg_tree *layers, const cg_scope *s, const char *prefix,
                        cg_tree *to)
{
    cg_tree *copy = cg_tree_copy(e->v.arena, layers, &e->v.budget);
    if (!copy && e->v.budget >= 0) cg_diagnostics_no_memory(e->v.diagnostics);
    if (!copy) return;
    if (s) cg_substitute(&e->v, copy, s);
    name_list own = { .n = collect_names(copy, NULL) };
    if (own.n) own.name = cg_arena_alloc(e->v.arena, own.n, sizeof *own.name);
    if (own.name) {
        collect_names(copy, own.name);
        qsort(own.name, own.n, sizeof *own.name, by_bytes);
        prefix_names(e, copy, &own, prefix);
    } else if (own.n) {
        cg_diagnostics_no_memory(e->v.diagnostics);
    }
    expand_list(e, copy, to);
}

/* A block that is called as a layer would take the layer's place without a word. */
static void report_taken_names(expander *e)
{
    for (int i = 0; e->blocks && i < e->blocks->n; i++) {
        const cg_tree *name = e->blocks->key[i];
        if (cg_layer_find(name->text) || cg_layer_op_find(name->text) ||
            !strcmp(name->text, "repeat"))
            cg_diagnose(e->v.diagnostics, name->mark, NULL,
                        "give the block a name of its own, also where it is used",
                        "block \"%s\" has the name of a built-in layer", name->text);
    }
}

static void check_block(expander *e, const cg_tree *block)
{
    static const char *const words[] = { "parameters", "layers" };
    for (int i = 0; i < block->n; i++) {
        const char *key = block->key[i]->text, *near = cg_nearest(key, words, 2);
        if (!strcmp(key, words[0]) || !strcmp(key, words[1])) continue;
        cg_diagnose(e->v.diagnostics, block->key[i]->mark, NULL, "keys: parameters, layers",
                    "blocks: unknown key \"%s\"%s%s%s", key, near ? ", did you mean \"" : "",
                    near ? near : "", near ? "\"?" : "");
    }
}

/* The block's name in front of its layers' names: that of the use, or block_1, block_2, .... */
static const char *prefix_of(expander *e, const cg_tree *block, const char *word,
                             const cg_tree *use, const char *suffix)
{
    const cg_tree *name = cg_tree_find(use, "name");
    if (name && name->kind != CG_TREE_SCALAR)
        cg_diagnose(e->v.diagnostics, name->mark, NULL, NULL, "block %.*s: name: expected a word",
                    CG_YAML_NAME, word);
    else if (name && strlen(name->text) > CG_YAML_NAME)
        cg_diagnose(e->v.diagnostics, name->mark, NULL, "a shorter one",
                    "a name of more than %d bytes", CG_YAML_NAME);
    if (name) return cg_arena_printf(e->v.arena, "%.*s%s", CG_YAML_NAME, name->text, suffix);
    return cg_arena_printf(e->v.arena, "%.*s_%d", CG_YAML_NAME, word, block->n_uses);
}

static void use_block(expander *e, cg_tree *block, const cg_tree *key, const cg_tree *use,
                      const char *suffix, cg_tree *to)
{
    if (e->depth == MAX_BLOCK_DEPTH) {
        cg_diagnose(e->v.diagnostics, key->mark, NULL,
                    "a block may use others, but none that use it", "block \"%s\" uses itself",
                    key->text);
        return;
    }
    if (++block->n_uses == 1 && block->kind == CG_TREE_MAP) check_block(e, block);
    const cg_tree *layers = cg_tree_find(block, "layers");
    if (!layers || layers->kind != CG_TREE_LIST) {
        cg_diagnose(e->v.diagnostics, block->mark, NULL, "{parameters: [n], layers: [relu]}",
                    "block %s: expected a list `layers`", key->text);
        return;
    }
    if (use && use->kind != CG_TREE_MAP && !cg_tree_is_null(use)) {
        cg_diagnose(e->v.diagnostics, use->mark, NULL, "write {parameter: value, ...}",
                    "block %s: expected a map of parameters, found %s", key->text,
                    cg_tree_kind_name(use));
        return;
    }
    cg_tree *values = arguments(e, key->text, parameters_of(e, block), use, key->mark);
    const char *prefix = prefix_of(e, block, key->text, use, suffix);
    if (!values || !prefix) {
        cg_diagnostics_no_memory(e->v.diagnostics);
        return;
    }
    e->depth++;
    cg_scope inner = { values, &e->v.all };
    expand_copy(e, layers, &inner, prefix, to);
    e->depth--;
}

/* ---- repeat -----------------------------------------------------------------------------------*/

static void repeat(expander *e, const cg_tree *key, const cg_tree *map, cg_tree *to)
{
    const cg_tree *times = cg_tree_find(map, "times"), *use = cg_tree_find(map, "use");
    const cg_tree *layers = cg_tree_find(map, "layers");
    int64_t n = 0;
    for (int i = 0; map->kind == CG_TREE_MAP && i < map->n; i++)
        if (map->item[i] != times && map->item[i] != use && map->item[i] != layers)
            cg_diagnose(e->v.diagnostics, map->key[i]->mark, NULL, "keys: times, use, layers",
                        "repeat: unknown key \"%s\"", map->key[i]->text);
    if (!times || times->kind != CG_TREE_SCALAR || !cg_parse_int(times->text, &n) || n < 1 ||
        n > 10000) {
        cg_diagnose(e->v.diagnostics, times ? times->mark : key->mark, NULL,
                    "repeat: {times: 3, layers: [...]}",
                    "repeat: \"times\" must be a whole number from 1 to 10000");
        return;
    }
    if (!use == !layers) {
        cg_diagnose(e->v.diagnostics, key->mark, NULL, "use: a block, or layers: a list",
                    "repeat: give either `use` or `layers`");
        return;
    }
    if (use && (use->kind == CG_TREE_LIST || (use->kind == CG_TREE_MAP && use->n != 1))) {
        cg_diagnose(e->v.diagnostics, use->mark, NULL, "use: {block: {parameter: value}}",
                    "repeat: \"use\" must be one block");
        return;
    }
    if (layers && layers->kind != CG_TREE_LIST) {
        cg_diagnose(e->v.diagnostics, layers->mark, NULL, "layers: [relu]",
                    "repeat: expected a list `layers`, found %s", cg_tree_kind_name(layers));
        return;
    }
    const cg_tree *word = use && use->kind == CG_TREE_MAP ? use->key[0] : use;
    cg_tree *block = word ? cg_tree_find(e->blocks, word->text) : NULL;
    if (word && !block) {
        cg_variables_unknown(&e->v, word->mark, "block", word->text, e->blocks);
        return;
    }
    for (int64_t i = 1; i <= n && e->v.budget >= 0; i++) {
        char suffix[24];
        snprintf(suffix, sizeof suffix, "_%lld", (long long)i);
        const char *prefix = cg_arena_printf(e->v.arena, "repeat_%d", ++e->n_repeats);
        if (!prefix)
            cg_diagnostics_no_memory(e->v.diagnostics);
        else if (block)
            use_block(e, block, word, use->kind == CG_TREE_MAP ? use->item[0] : NULL, suffix, to);
        else
            expand_copy(e, layers, NULL, prefix, to);
    }
}

/* ---- layers -----------------------------------------------------------------------------------*/

/* The body of a residual is a list of layers too. */
static void expand_body(expander *e, cg_tree *residual)
{
    int i = cg_tree_index(residual, "body");
    if (i < 0 || residual->item[i]->kind != CG_TREE_LIST) return;
    cg_tree *list = cg_tree_new(e->v.arena, CG_TREE_LIST, residual->item[i]->mark);
    if (!list) {
        cg_diagnostics_no_memory(e->v.diagnostics);
        return;
    }
    expand_list(e, residual->item[i], list);
    residual->item[i] = list;
}

static void expand_list(expander *e, const cg_tree *from, cg_tree *to)
{
    for (int i = 0; i < from->n && e->v.budget >= 0; i++) {
        cg_tree *layer = from->item[i];
        bool is_map = layer->kind == CG_TREE_MAP && layer->n == 1;
        const cg_tree *word = is_map ? layer->key[0] : layer;
        cg_tree *keys = is_map ? layer->item[0] : NULL;
        cg_tree *block = word->kind == CG_TREE_SCALAR ? cg_tree_find(e->blocks, word->text) : NULL;
        if (block) {
            use_block(e, block, word, keys, "", to);
        } else if (keys && !strcmp(word->text, "repeat")) {
            repeat(e, word, keys, to);
        } else {
            if (keys && !strcmp(word->text, "residual")) expand_body(e, keys);
            if (!cg_tree_append(e->v.arena, to, NULL, layer))
                cg_diagnostics_no_memory(e->v.diagnostics);
        }
    }
}

void cg_expand(cg_arena *arena, cg_tree *root, cg_diagnostics *diagnostics)
{
    expander e = { .v = { arena, diagnostics, .budget = CG_YAML_NODES } };
    cg_tree *vars = cg_tree_find(root, "vars");
    if (vars) cg_variables_read(&e.v, vars);
    cg_tree *blocks = cg_tree_find(root, "blocks");
    if (blocks && blocks->kind != CG_TREE_MAP)
        cg_diagnose(diagnostics, blocks->mark, NULL, "blocks: {name: {layers: [...]}}",
                    "blocks: expected a map, found %s", cg_tree_kind_name(blocks));
    else
        e.blocks = blocks;
    report_taken_names(&e);
    for (int i = 0; i < root->n; i++)
        if (root->item[i] != vars && root->item[i] != blocks)
            cg_substitute(&e.v, root->item[i], &e.v.all);

    cg_tree *model = cg_tree_find(root, "model");
    int i = cg_tree_index(model, "layers");
    if (i >= 0 && model->item[i]->kind == CG_TREE_LIST) {
        cg_mark at = model->item[i]->mark;
        cg_tree *layers = cg_tree_new(arena, CG_TREE_LIST, at);
        if (layers) expand_list(&e, model->item[i], layers);
        if (layers)
            model->item[i] = layers;
        else
            cg_diagnostics_no_memory(diagnostics);
    }
    if (e.v.budget < 0)
        cg_diagnose(diagnostics, i >= 0 ? model->item[i]->mark : root->mark, NULL, NULL,
                    "more than %d values once variables, blocks and repeats are written out",
                    CG_YAML_NODES);
    if (e.v.budget >= 0) cg_variables_unused(&e.v, vars, "variable");
    if (e.v.budget >= 0) cg_variables_unused(&e.v, e.blocks, "block");
    if (vars) cg_tree_remove(root, cg_tree_index(root, "vars"));
    if (blocks) cg_tree_remove(root, cg_tree_index(root, "blocks"));
}
