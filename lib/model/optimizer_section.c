/* The sections `optimizer` and `schedule`. */
#include "model/typed.h"

#include <stdio.h>
#include <string.h>

static void report_conflict(cg_reader *r, cg_typed t, const char *what, cg_conflict c)
{
    const cg_tree *at = c.cause ? cg_tree_find(t.keys, c.key) : NULL;
    if (c.cause)
        cg_diagnose(r->diagnostics, at ? at->mark : t.word->mark, NULL, c.help, "%s %s: %s", what,
                    t.word->text, c.cause);
}

/* ---- optimizer --------------------------------------------------------------------------------*/

static int count(const cg_attr *attrs)
{
    int n = 0;
    while (attrs[n].name) n++;
    return n;
}

/* The optimiser's keys and, behind its struct, those of its decay, with its defaults. */
static cg_attr *all_keys(cg_reader *r, const cg_optimizer *o)
{
    int n_own = count(o->attrs), n_decay = count(cg_decay_attrs);
    cg_attr *all = cg_reader_alloc(r, (size_t)(n_own + n_decay) + 1, sizeof *all);
    if (!all) return NULL;
    memcpy(all, o->attrs, (size_t)n_own * sizeof *all);
    for (int i = 0; i < n_decay; i++) {
        cg_attr *a = &all[n_own + i];
        *a = cg_decay_attrs[i];
        if (a->offset == offsetof(cg_decay, weight_decay)) a->value = o->weight_decay;
        if (a->offset == offsetof(cg_decay, decoupled)) a->value = o->is_decoupled;
        a->offset += o->attrs_size;
    }
    return all;
}

/* What is written, but without effect or against what the optimiser is. */
static cg_conflict decay_conflict(const cg_optimizer *o, const cg_decay *d, const cg_tree *keys)
{
    if (o->is_decoupled && !d->decoupled)
        return (cg_conflict){ "decoupled", "its weights decay apart from the gradient, always",
                              "leave it out, or take another type" };
    if (d->weight_decay == 0 && cg_tree_find(keys, "decoupled"))
        return (cg_conflict){ "decoupled", "the weight_decay that it is about is 0",
                              "weight_decay: 0.01" };
    if (d->weight_decay == 0 && d->l1 == 0 && cg_tree_find(keys, "decay"))
        return (cg_conflict){ "decay", "weight_decay and l1 are 0, so nothing decays",
                              "weight_decay: 0.01" };
    return (cg_conflict){ 0 };
}

void cg_read_optimizer(cg_reader *r, const cg_tree *tree, cg_spec *spec)
{
    cg_typed t = cg_read_type(r, tree, "optimizer");
    if (!t.word) return;
    const cg_optimizer *o = cg_optimizer_find(t.word->text);
    if (!o) {
        CG_UNKNOWN_TYPE(r, t.word, "optimizer", "type", cg_optimizer, cg_optimizers);
        return;
    }
    const cg_attr *keys = all_keys(r, o);
    char *attrs =
        keys ? cg_read_typed_attrs(r, t, "optimizer", keys, o->attrs_size + sizeof(cg_decay), NULL)
             : NULL;
    if (!attrs) return;
    spec->optimizer = o;
    spec->optimizer_place = cg_mark_place(t.word->mark);
    spec->optimizer_attrs = attrs;
    spec->decay = (const cg_decay *)(const void *)(attrs + o->attrs_size);
    /* "lr" is the first of every optimiser */
    memcpy(&spec->lr, attrs + o->attrs->offset, sizeof spec->lr);
    if (o->conflict) report_conflict(r, t, "optimizer", o->conflict(attrs));
    report_conflict(r, t, "optimizer", decay_conflict(o, spec->decay, t.keys));
}

/* ---- schedule ---------------------------------------------------------------------------------*/

void cg_read_schedule(cg_reader *r, const cg_tree *tree, cg_spec *spec)
{
    cg_typed t = cg_read_type(r, tree, "schedule");
    if (!t.word) return;
    const cg_schedule *s = cg_schedule_find(t.word->text);
    if (!s) {
        CG_UNKNOWN_TYPE(r, t.word, "schedule", "type", cg_schedule, cg_schedules);
        return;
    }
    spec->schedule = s;
    spec->schedule_attrs = cg_read_typed_attrs(r, t, "schedule", s->attrs, s->attrs_size, NULL);
    if (!spec->schedule_attrs) return;
    if (s->conflict) report_conflict(r, t, "schedule", s->conflict(spec->schedule_attrs));
    char what[64];
    snprintf(what, sizeof what, "schedule %s", s->name);
    if (s->monitor)
        spec->schedule_monitor =
            cg_read_monitor(r, t.keys, what, s->monitor(spec->schedule_attrs), spec);
    if (s->warms_up && spec->warmup > 0)
        cg_diagnose(r->diagnostics, t.word->mark, NULL, "take `warmup` out of `train`",
                    "schedule %s: it warms up by itself", s->name);
}
