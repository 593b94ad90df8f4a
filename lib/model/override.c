/* A path is keys with dots between them, and [i] after the key of a list. */
#include "model/override.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    cg_arena *arena;
    const cg_source *source;
    cg_diagnostics *diagnostics;
    const char *at, *equals; /* what is left of the path */
    cg_tree *value;
} override;

static cg_mark here(const override *o)
{
    return (cg_mark){ o->source, 1, (int)(o->at - o->source->text) + 1 };
}

/* The key at o->at, which it moves behind; NULL after a mistake. */
static const char *take_key(override *o)
{
    size_t length = strcspn(o->at, ".[=");
    if (!length) {
        cg_diagnose(o->diagnostics, here(o), NULL, "write path=value, as in train.epochs=3",
                    "a key is missing");
        return NULL;
    }
    const char *key = cg_arena_printf(o->arena, "%.*s", (int)length, o->at);
    if (!key) cg_diagnostics_no_memory(o->diagnostics);
    o->at += length;
    return key;
}

/* Replaces *place, or walks on into it. */
static void step(override *o, cg_tree **place);

static void step_item(override *o, cg_tree *list)
{
    cg_mark at = here(o);
    size_t digits = strspn(o->at + 1, "0123456789");
    int64_t i = -1;
    const char *number = cg_arena_printf(o->arena, "%.*s", (int)digits, o->at + 1);
    if (!digits || o->at[digits + 1] != ']' || !number || !cg_parse_int(number, &i)) {
        cg_diagnose(o->diagnostics, at, NULL, NULL, "write [0] for the first entry of a list");
        return;
    }
    if (list->kind != CG_TREE_LIST) {
        cg_diagnose(o->diagnostics, at, NULL, NULL, "[%s] needs a list, found %s", number,
                    cg_tree_kind_name(list));
        return;
    }
    if (i >= list->n) {
        cg_diagnose(o->diagnostics, at, NULL, NULL, "[%s] is beyond a list of %d", number, list->n);
        return;
    }
    o->at += digits + 2;
    step(o, &list->item[i]);
}

static void step_key(override *o, cg_tree *map)
{
    cg_mark at = here(o);
    const char *key = take_key(o);
    if (!key) return;
    if (map->kind != CG_TREE_MAP) {
        cg_diagnose(o->diagnostics, at, NULL, NULL, "\"%s\" needs a map, found %s", key,
                    cg_tree_kind_name(map));
        return;
    }
    int i = cg_tree_index(map, key);
    if (i < 0) {
        cg_tree *name = cg_tree_scalar(o->arena, at, key);
        cg_tree *section = cg_tree_new(o->arena, CG_TREE_MAP, at);
        if (!name || !section || !cg_tree_append(o->arena, map, name, section)) {
            cg_diagnostics_no_memory(o->diagnostics);
            return;
        }
        i = map->n - 1;
    }
    step(o, &map->item[i]);
}

static void step(override *o, cg_tree **place)
{
    if (o->at == o->equals) {
        *place = o->value;
    } else if (*o->at == '[') {
        step_item(o, *place);
    } else {
        o->at += *o->at == '.';
        step_key(o, *place);
    }
}

void cg_override(cg_arena *arena, cg_tree *root, const cg_source *source,
                 cg_diagnostics *diagnostics)
{
    override o = { .arena = arena,
                   .source = source,
                   .diagnostics = diagnostics,
                   .at = source->text,
                   .equals = strchr(source->text, '=') };
    if (!o.equals) {
        cg_diagnose(diagnostics, here(&o), NULL, "write path=value, as in train.epochs=3",
                    "no `=` in it");
        return;
    }
    o.value = cg_yaml_read(arena, source, (size_t)(o.equals + 1 - source->text), diagnostics);
    if (o.value) step_key(&o, root);
}
