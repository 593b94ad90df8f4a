/* Which layers learn, and how fast: the keys `lr` and `frozen` that every layer has. */
#include "model/model.h"

#include <string.h>

void cg_read_learning(cg_reader *r, const char *what, const cg_layer_spec *around,
                      cg_layer_spec *spec)
{
    const cg_tree *lr = cg_tree_find(spec->keys, "lr");
    const cg_tree *frozen = cg_tree_find(spec->keys, "frozen");
    double rate = 1;
    spec->rate = around ? around->rate : 1;
    spec->is_frozen = around && around->is_frozen;
    if (frozen) cg_read_bool(r, frozen, cg_read_within(r, what, "frozen"), &spec->is_frozen);
    if (around && around->is_frozen && !spec->is_frozen)
        cg_diagnose(r->diagnostics, frozen->mark, NULL, "freeze the layers one by one",
                    "%s: %s '%s' around it is frozen", what, around->type, around->name);
    if (!lr || !cg_read_real(r, lr, cg_read_within(r, what, "lr"), 1e-9, 1e9, &rate)) return;
    if (spec->is_frozen)
        cg_diagnose(r->diagnostics, lr->mark, NULL, "leave out one of the two",
                    "%s: a frozen layer has no learning rate", what);
    spec->rate *= rate;
}

/* A key of a layer that has nothing to learn, nor has its body. */
static void check_key(const cg_model *m, int at, const char *key, cg_diagnostics *diagnostics)
{
    const cg_layer_spec *spec = &m->layer[at];
    const cg_tree *value = cg_tree_find(spec->keys, key);
    int64_t parameters = spec->parameters;
    for (int i = spec->body; i > 0 && i < at; i++) parameters += m->layer[i].parameters;
    if (!value || parameters) return;
    cg_diagnose(diagnostics, value->mark, NULL, "leave it out",
                "%s '%s': it has no parameters that `%s` could be about", spec->type, spec->name,
                key);
}

static bool has_batch_statistics(const cg_layer_spec *spec)
{
    return !strcmp(spec->type, "batch_norm") && !spec->is_frozen;
}

void cg_model_check_learning(const cg_model *m, cg_diagnostics *diagnostics)
{
    const cg_layer_spec *frozen = NULL;
    bool is_learning = false;
    for (int i = 1; i < m->n_layers; i++) {
        const cg_layer_spec *spec = &m->layer[i];
        check_key(m, i, "lr", diagnostics);
        check_key(m, i, "frozen", diagnostics);
        if (spec->is_frozen && !frozen) frozen = spec;
        is_learning = is_learning || (spec->parameters && !spec->is_frozen);
        if (m->spec.accumulate > 1 && has_batch_statistics(spec))
            cg_warn(diagnostics, spec->mark, "a larger `batch`, or `layer_norm`",
                    "%s '%s' sees the %lld images of a batch, not those of the %lld batches that "
                    "an update accumulates",
                    spec->type, spec->name, (long long)m->spec.batch,
                    (long long)m->spec.accumulate);
    }
    if (frozen && !is_learning)
        cg_diagnose(diagnostics, frozen->mark, NULL, "let one of them learn",
                    "every layer with parameters is frozen");
}
