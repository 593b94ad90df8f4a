/* The names of a map, and their values in the place of ${name}. */
#include "model/variables.h"

#include "base/text.h"
#include "model/model.h"

#include <stdio.h>
#include <string.h>

enum { MAX_NAMES = 64 };

/* ---- names that nobody knows, or uses ------------------------------------------------------- */
static const char *nearest_key(const cg_tree *map, const char *word)
{
    const char *words[MAX_NAMES];
    int n = 0;
    for (; map && n < map->n && n < MAX_NAMES; n++) words[n] = map->key[n]->text;
    return n ? cg_nearest(word, words, (size_t)n) : NULL;
}

void cg_variables_unknown(cg_variables *v, cg_mark at, const char *what, const char *name,
                          const cg_tree *map)
{
    if (v->n_unknown++ >= CG_MAX_UNKNOWN) return;
    const char *near = nearest_key(map, name);
    const char *help = !map || !map->n ? NULL
                                       : cg_arena_printf(v->arena, "such as \"%.*s\"", CG_YAML_NAME,
                                                         map->key[0]->text);
    cg_diagnose(v->diagnostics, at, NULL, help, "unknown %s \"%s\"%s%s%s", what, name,
                near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

void cg_variables_unused(cg_variables *v, const cg_tree *map, const char *what)
{
    for (int i = 0; map && map->kind == CG_TREE_MAP && i < map->n; i++)
        if (!map->item[i]->n_uses)
            cg_diagnose(v->diagnostics, map->key[i]->mark, NULL,
                        what[0] == 'v' ? "take it out, or write ${name} where it is meant"
                                       : "take it out, or name it among the layers",
                        "%s \"%s\" is not used", what, map->key[i]->text);
}

/* ---- ${name} ----------------------------------------------------------------------------------*/

static cg_tree *look_up(cg_variables *v, const cg_scope *s, const char *name, cg_mark at)
{
    for (const cg_scope *p = s; p; p = p->outer) {
        cg_tree *value = cg_tree_find(p->map, name);
        if (value) value->n_uses++;
        if (value) return value;
    }
    cg_variables_unknown(v, at, "variable", name, s->map ? s->map : v->all.map);
    return NULL;
}

/* The name between "${" at `open` and "}"; NULL after a mistake. */
static const char *name_at(cg_variables *v, const char *open, cg_mark at, const char **after)
{
    const char *end = strchr(open, '}');
    if (!end || end == open + 2) {
        cg_diagnose(v->diagnostics, at, NULL, "$ and a name in braces: ${width}",
                    "write ${name} for the value of a variable");
        return NULL;
    }
    const char *name = cg_arena_printf(v->arena, "%.*s", (int)(end - open - 2), open + 2);
    if (!name) cg_diagnostics_no_memory(v->diagnostics);
    *after = end + 1;
    return name;
}

/* A scalar that is ${name} and nothing else takes the whole value, a list too; the place stays. */
static bool take_value(cg_variables *v, cg_tree *tree, const cg_tree *value)
{
    cg_mark at = tree->mark;
    cg_tree *copy = cg_tree_copy(v->arena, value, &v->budget);
    if (!copy) {
        if (v->budget >= 0) cg_diagnostics_no_memory(v->diagnostics);
        return false;
    }
    *tree = *copy;
    tree->mark = at;
    tree->n_uses = 0;
    return true;
}

/* The value of the first variable at or behind p, where it begins and what follows it; NULL after a
 * mistake, or without one (then *open is NULL).  "$${" counts as a variable, of the value "${". */
static const cg_tree *next_value(cg_variables *v, const cg_tree *tree, const cg_scope *s,
                                 const char *p, const char **open, const char **after)
{
    static const cg_tree itself = { .kind = CG_TREE_SCALAR, .text = "${", .quoted = true };
    *open = strstr(p, "${");
    if (*open && *open > p && (*open)[-1] == '$') {
        *after = *open + 2;
        --*open;
        return --v->budget < 0 ? NULL : &itself;
    }
    const char *name = *open ? name_at(v, *open, tree->mark, after) : NULL;
    if (name) v->budget--; /* looking up takes its time */
    return name && v->budget >= 0 ? look_up(v, s, name, tree->mark) : NULL;
}

/* The text with values for variables, which are not looked into again; to: NULL, or where there is
 * room for it.  Its length, -1 after a mistake. */
static int64_t fill_in(cg_variables *v, const cg_tree *tree, const cg_scope *s, char *to)
{
    const char *p = tree->text, *open, *after;
    const cg_tree *value;
    int64_t length = 0;
    for (; (value = next_value(v, tree, s, p, &open, &after)); p = after) {
        if (value->kind != CG_TREE_SCALAR) {
            cg_diagnose(v->diagnostics, tree->mark, NULL, NULL,
                        "${%.*s} is %s, which cannot be part of a text", (int)(after - open - 3),
                        open + 2, cg_tree_kind_name(value));
            return -1;
        }
        size_t before = (size_t)(open - p), n = strlen(value->text);
        if (to) memcpy(to + length, p, before);
        if (to) memcpy(to + length + before, value->text, n);
        length += (int64_t)(before + n);
    }
    if (open) return -1;
    if (to) strcpy(to + length, p);
    return length + (int64_t)strlen(p);
}

static void substitute_text(cg_variables *v, cg_tree *tree, const cg_scope *s)
{
    const char *open, *after;
    if (!strstr(tree->text, "${")) return;
    const cg_tree *value = next_value(v, tree, s, tree->text, &open, &after);
    if (value && open == tree->text && !*after) {
        take_value(v, tree, value);
        return;
    }
    int64_t length = value ? fill_in(v, tree, s, NULL) : -1;
    tree->is_bad = length < 0;
    if (length < 0 || (v->budget -= cg_text_cost((size_t)length)) < 0) return;
    char *text = cg_arena_alloc(v->arena, (size_t)length + 1, 1);
    if (text && fill_in(v, tree, s, text) == length)
        tree->text = text;
    else
        tree->is_bad = true;
    if (!text) cg_diagnostics_no_memory(v->diagnostics);
}

void cg_substitute(cg_variables *v, cg_tree *tree, const cg_scope *s)
{
    if (tree->kind == CG_TREE_SCALAR)
        substitute_text(v, tree, s);
    else
        for (int i = 0; i < tree->n; i++) cg_substitute(v, tree->item[i], s);
}

/* A variable may use those before it, hence their order. */
void cg_variables_read(cg_variables *v, cg_tree *vars)
{
    if (vars->kind != CG_TREE_MAP) {
        cg_diagnose(v->diagnostics, vars->mark, NULL, "vars: {width: 16}",
                    "vars: expected a map, found %s", cg_tree_kind_name(vars));
        return;
    }
    int n = vars->n;
    v->all.map = vars;
    for (vars->n = 0; vars->n < n; vars->n++) cg_substitute(v, vars->item[vars->n], &v->all);
}
