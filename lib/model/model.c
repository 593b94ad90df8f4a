/* Loading a model: text, tree, overrides, expansion, sections, shapes. */
#include "model/model.h"

#include "base/file.h"
#include "model/expand.h"
#include "model/override.h"
#include "model/paths.h"

#include <string.h>

static const cg_attr top_table[] = {
    { "cnngraph", CG_ATTR_INT, 0, 1, 0, 1, 1, NULL, "1, the version of this schema" },
    { .name = NULL },
};
static const char *const top_keys[] = { "name",    "seed",   "vars",      "blocks",   "data",
                                        "model",   "loss",   "optimizer", "schedule", "train",
                                        "metrics", "losses", NULL };

/* "models/mnist3.yaml" to "mnist3", "v1.2.yaml" to "v1.2". */
static const char *stem(cg_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    size_t length = dot && dot > base ? (size_t)(dot - base) : strlen(base);
    return cg_arena_printf(arena, "%.*s", (int)length, base);
}

static const char *folder(cg_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? cg_arena_printf(arena, "%.*s", (int)(slash - path + 1), path) : NULL;
}

/* The tree says what the model is called, the file's name or not, so that a copy knows it too. */
static void name_it(cg_model *m, cg_diagnostics *d)
{
    cg_tree *root = m->root, *key = cg_tree_scalar(m->arena, root->mark, "name");
    cg_tree *name = cg_tree_scalar(m->arena, root->mark, m->spec.name);
    if (cg_tree_find(root, "name")) return;
    if (!key || !name || !cg_tree_append(m->arena, root, key, name)) {
        cg_diagnostics_no_memory(d);
        return;
    }
    name->quoted = cg_tree_is_null(name);
    for (int i = root->n - 1; i > 1; i--) { /* behind the version */
        root->key[i] = root->key[i - 1], root->item[i] = root->item[i - 1];
        root->key[i - 1] = key, root->item[i - 1] = name;
    }
}

/* It is that of a run's folder, too. */
static void read_name(cg_model *m, cg_reader *r)
{
    enum { LONGEST = 100 };
    const cg_tree *tree = cg_tree_find(m->root, "name");
    if (!tree || !cg_read_text(r, tree, "name", &m->spec.name)) return;
    const char *name = m->spec.name, *cause = *name == '.' ? "begins with a dot" : NULL;
    for (const char *p = name; *p; p++) {
        if (*p == '/') cause = "has a slash";
        if ((unsigned char)*p < ' ') cause = "has a control character";
    }
    if (!cg_tree_may_hold(name)) cause = "has control characters or is not UTF-8";
    if (strlen(name) > LONGEST) cause = "has more than 100 bytes";
    if (cause)
        cg_diagnose(r->diagnostics, tree->mark, NULL,
                    "a run's folder gets this name; give `name: mymodel`", "name: \"%.40s\" %s",
                    name, cause);
}

static void read_sections(cg_model *m, cg_reader *r, const cg_tree *blocks)
{
    int64_t version, seed = 1;
    const cg_tree *tree;
    cg_read_attrs(r, m->root, m->root->mark, "model file", top_table, top_keys, &version);
    read_name(m, r);
    if ((tree = cg_tree_find(m->root, "seed"))) cg_read_int(r, tree, "seed", 0, INT64_MAX, &seed);
    m->spec.seed = (uint64_t)seed;
    m->spec.data.seed = m->spec.seed;
    m->spec.data.place = cg_mark_place(m->root->mark);
    if ((tree = cg_tree_find(m->root, "data"))) cg_read_data(r, tree, &m->spec.data);
    cg_read_training(r, m->root, m);
    if ((tree = cg_tree_find(m->root, "model")))
        cg_read_layers(r, tree, blocks, m);
    else
        cg_diagnose(r->diagnostics, m->root->mark, NULL,
                    "model: {input: {shape: [1, 28, 28]}, layers: [flatten, dense: {units: 10}]}",
                    "\"model\" is missing");
    m->spec.data.shape = m->spec.input;
    if (cg_diagnostics_status(r->diagnostics) == CG_OK) cg_model_check_shapes(m, r->diagnostics);
}

/* The overrides, as sources of their own. */
static void override_all(cg_model *m, int n_sets, const char *const sets[], cg_diagnostics *d)
{
    for (int i = 0; i < n_sets; i++) {
        cg_source *source = cg_arena_alloc(m->arena, 1, sizeof *source);
        if (source) source->name = cg_arena_printf(m->arena, "--set #%d", i + 1);
        if (source) source->text = cg_arena_text(m->arena, sets[i]);
        if (!source || !source->name || !source->text) {
            cg_diagnostics_no_memory(d);
            return;
        }
        source->size = strlen(source->text);
        source->order = i + 1;
        cg_override(m->arena, m->root, source, d);
    }
}

static void read_all(cg_model *m, const cg_source *source, int n_sets, const char *const sets[],
                     cg_diagnostics *d)
{
    cg_reader r = { .arena = m->arena, .diagnostics = d };
    m->root = cg_yaml_read(m->arena, source, 0, d);
    if (!m->root) return;
    if (m->root->kind != CG_TREE_MAP) {
        cg_diagnose(d, m->root->mark, NULL, "a model file begins with `cnngraph: 1`",
                    "expected a map of keys, found %s", cg_tree_kind_name(m->root));
        return;
    }
    override_all(m, n_sets, sets, d);
    const cg_tree *blocks = cg_tree_find(m->root, "blocks");
    cg_expand(m->arena, m->root, d);
    name_it(m, d);
    cg_write_out_paths(m->arena, m->root, m->spec.data.base, d);
    read_sections(m, &r, blocks);
}

/* A model with its arena, its name and a copy of the text. */
static cg_model *new_model(const char *name, const char *text, size_t size, cg_source *source)
{
    cg_model *m = cg_alloc(1, sizeof *m);
    if (m) m->arena = cg_arena_new();
    char *copy = m && m->arena ? cg_arena_alloc(m->arena, size + 1, 1) : NULL;
    const char *file = copy ? cg_arena_text(m->arena, name) : NULL;
    if (file) m->spec.name = stem(m->arena, file);
    if (file) m->spec.data.base = folder(m->arena, file);
    if (!file || !m->spec.name || (strchr(file, '/') && !m->spec.data.base)) {
        cg_model_free(m);
        return NULL;
    }
    memcpy(copy, text, size);
    *source = (cg_source){ .name = file, .text = copy, .size = size };
    return m;
}

cg_status cg_model_parse(cg_model **model, const char *name, const char *text, size_t size,
                         int n_sets, const char *const sets[], cg_diagnostics *diagnostics,
                         cg_error *error)
{
    *model = NULL;
    cg_source *source;
    cg_diagnostics *own = diagnostics ? NULL : cg_diagnostics_new();
    cg_diagnostics *d = diagnostics ? diagnostics : own;
    cg_source given;
    cg_model *m = d ? new_model(name, text, size, &given) : NULL;
    source = m ? cg_arena_alloc(m->arena, 1, sizeof *source) : NULL;
    cg_status status = CG_ENOMEM;
    if (source) {
        *source = given;
        cg_mark top = { source, 1, 1 };
        if (size > CG_YAML_BYTES)
            cg_diagnose(d, top, NULL, NULL, "a model file of more than %d bytes", CG_YAML_BYTES);
        else
            read_all(m, source, n_sets, sets, d);
        status = cg_diagnostics_status(d);
    }
    if (status == CG_OK)
        *model = m;
    else if (status == CG_EMODEL && error)
        *error = *cg_diagnostics_error(d, 0);
    else
        cg_fail_nomem(error, "the model file");
    if (status != CG_OK) cg_model_free(m);
    cg_diagnostics_free(own);
    return status;
}

cg_status cg_model_load(cg_model **model, const char *path, int n_sets, const char *const sets[],
                        cg_diagnostics *diagnostics, cg_error *error)
{
    char *text;
    size_t size;
    *model = NULL;
    CG_TRY(cg_file_read(path, CG_YAML_BYTES, &text, &size, error));
    cg_status status = cg_model_parse(model, path, text, size, n_sets, sets, diagnostics, error);
    cg_release(text);
    return status;
}

void cg_model_free(cg_model *model)
{
    if (!model) return;
    cg_arena_free(model->arena);
    cg_release(model);
}

const cg_spec *cg_model_spec(const cg_model *model)
{
    return &model->spec;
}

cg_status cg_model_allow_paths(cg_model *model, const char *folder, cg_error *error)
{
    model->spec.data.allowed = cg_arena_text(model->arena, folder);
    return model->spec.data.allowed ? CG_OK : cg_fail_nomem(error, "a path");
}

void cg_model_set_budget(cg_model *model, cg_budget *budget)
{
    model->spec.data.budget = budget;
}

char *cg_model_render(const cg_model *model)
{
    return cg_yaml_write(model->root);
}

char *cg_model_identity(const cg_model *model)
{
    const cg_schedule *schedule = model->spec.schedule;
    int64_t budget = INT64_MAX;
    cg_arena *arena = cg_arena_new();
    cg_tree *root = arena ? cg_tree_copy(arena, model->root, &budget) : NULL;
    cg_tree *train = root ? cg_tree_find(root, "train") : NULL;
    cg_tree *epochs = cg_tree_find(train, "epochs");
    int checkpoint = train ? cg_tree_index(train, "checkpoint") : -1;
    if (epochs && !(schedule && schedule->needs_end)) epochs->text = "any";
    if (checkpoint >= 0) cg_tree_remove(train, checkpoint);
    char *text = root ? cg_yaml_write(root) : NULL;
    cg_arena_free(arena);
    return text;
}

int cg_model_layers(const cg_model *model)
{
    return model->n_layers;
}

cg_layer_info cg_model_layer(const cg_model *model, int i)
{
    const cg_layer_spec *spec = &model->layer[i];
    return (cg_layer_info){ .name = spec->name,
                            .type = spec->type,
                            .shape = spec->shape,
                            .parameters = spec->parameters,
                            .macs = spec->macs,
                            .line = spec->mark.line };
}
