/* Typed values: YAML 1.2 core, by the type that the key expects. */
#include "model/read.h"

#include "base/text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void *cg_reader_alloc(cg_reader *r, size_t n, size_t size)
{
    void *p = cg_arena_alloc(r->arena, n, size);
    if (!p) cg_diagnostics_no_memory(r->diagnostics);
    return p;
}

const char *cg_read_within(cg_reader *r, const char *what, const char *key)
{
    const char *text = cg_arena_printf(r->arena, "%s: %s", what, key);
    if (text) return text;
    cg_diagnostics_no_memory(r->diagnostics);
    return what;
}

enum { MAX_HELP = 700 };

/* ---- words ------------------------------------------------------------------------------------*/

void cg_words_add(cg_words *words, const char *word)
{
    if (words->n < CG_MAX_WORDS) words->word[words->n++] = word;
}

void cg_read_unknown(cg_reader *r, const cg_tree *found, const char *what, const char *kind,
                     const cg_words *words)
{
    if (r->n_unknown++ >= CG_MAX_UNKNOWN) return;
    const char *near = cg_nearest(found->text, words->word, words->n);
    char help[MAX_HELP + 8] = "";
    size_t used = 0;
    for (size_t i = 0; i < words->n; i++) {
        if (used + strlen(words->word[i]) + 12 > MAX_HELP) {
            snprintf(help + used, sizeof help - used, ", ...");
            break;
        }
        used += (size_t)snprintf(help + used, sizeof help - used, "%s%s",
                                 i ? ", " : "one of: ", words->word[i]);
    }
    cg_diagnose(r->diagnostics, found->mark, NULL, *help ? help : NULL,
                "%s: unknown %s \"%s\"%s%s%s", what, kind, found->text,
                near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* ---- single values ----------------------------------------------------------------------------*/

/* "expected a whole number, found "abc"". */
static bool wrong_type(cg_reader *r, const cg_tree *tree, const char *what, const char *expected,
                       const char *help)
{
    if (tree->is_bad) return false;
    if (tree->kind == CG_TREE_SCALAR && !cg_tree_is_null(tree))
        cg_diagnose(r->diagnostics, tree->mark, NULL, help, "%s: expected %s, found %s\"%s\"", what,
                    expected, tree->quoted ? "the text " : "", tree->text);
    else
        cg_diagnose(r->diagnostics, tree->mark, NULL, help, "%s: expected %s, found %s", what,
                    expected, cg_tree_kind_name(tree));
    return false;
}

/* A number: what it may have been meant as. */
static bool no_number(cg_reader *r, const cg_tree *tree, const char *what, const char *expected)
{
    const char *help = NULL;
    double value;
    if (tree->kind == CG_TREE_SCALAR && tree->quoted && cg_parse_real(tree->text, &value))
        help = "without the quotes";
    if (tree->kind == CG_TREE_SCALAR && strchr(tree->text, ',')) help = "a point, no comma: 0.1";
    return wrong_type(r, tree, what, expected, help);
}

static bool is_plain(const cg_tree *tree)
{
    return tree->kind == CG_TREE_SCALAR && !tree->quoted;
}

const cg_tree *cg_read_map(cg_reader *r, const cg_tree *tree, const char *what, const char *example)
{
    if (tree->kind == CG_TREE_MAP) return tree;
    wrong_type(r, tree, what, "a map of keys", example ? example : "write {key: value, ...}");
    return NULL;
}

bool cg_read_text(cg_reader *r, const cg_tree *tree, const char *what, const char **value)
{
    if (tree->kind != CG_TREE_SCALAR || cg_tree_is_null(tree) || !*tree->text)
        return wrong_type(r, tree, what, "a text", NULL);
    *value = tree->text;
    return true;
}

bool cg_read_bool(cg_reader *r, const cg_tree *tree, const char *what, bool *value)
{
    bool is_true = is_plain(tree) && !strcmp(tree->text, "true");
    bool is_false = is_plain(tree) && !strcmp(tree->text, "false");
    if (!is_true && !is_false) return wrong_type(r, tree, what, "true or false", NULL);
    *value = is_true;
    return true;
}

/* "must be at least 1", "must be at most 9", "must be from 1 to 9". */
static bool out_of_range(cg_reader *r, const cg_tree *tree, const char *what, double min,
                         double max)
{
    char low[32], high[32];
    cg_format_real(min, low);
    cg_format_real(max, high);
    if (min == max)
        cg_diagnose(r->diagnostics, tree->mark, NULL, NULL, "%s: must be %s, found %s", what, low,
                    tree->text);
    else if (max >= DBL_MAX)
        cg_diagnose(r->diagnostics, tree->mark, NULL, NULL, "%s: must be at least %s, found %s",
                    what, low, tree->text);
    else
        cg_diagnose(r->diagnostics, tree->mark, NULL, NULL, "%s: must be from %s to %s, found %s",
                    what, low, high, tree->text);
    return false;
}

bool cg_read_int(cg_reader *r, const cg_tree *tree, const char *what, int64_t min, int64_t max,
                 int64_t *value)
{
    int64_t found;
    if (!is_plain(tree) || !cg_parse_int(tree->text, &found))
        return no_number(r, tree, what, "a whole number");
    if (found < min || found > max)
        return out_of_range(r, tree, what, (double)min, max == INT64_MAX ? DBL_MAX : (double)max);
    *value = found;
    return true;
}

bool cg_read_real(cg_reader *r, const cg_tree *tree, const char *what, double min, double max,
                  double *value)
{
    double found;
    if (!is_plain(tree) || !cg_parse_real(tree->text, &found))
        return no_number(r, tree, what, "a number");
    if (!isfinite(found)) return no_number(r, tree, what, "a finite number");
    if (found < min || found > max) return out_of_range(r, tree, what, min, max);
    *value = found;
    return true;
}

bool cg_read_ints(cg_reader *r, const cg_tree *tree, const char *what, int count, int64_t min,
                  int64_t max, int64_t values[], int *n)
{
    if (tree->kind != CG_TREE_LIST) {
        *n = 1;
        return cg_read_int(r, tree, what, min, max, &values[0]);
    }
    if (tree->n < 1 || tree->n > count) {
        cg_diagnose(r->diagnostics, tree->mark, NULL, NULL,
                    "%s: expected 1 to %d whole numbers, found %d", what, count, tree->n);
        return false;
    }
    for (*n = 0; *n < tree->n; ++*n)
        if (!cg_read_int(r, tree->item[*n], what, min, max, &values[*n])) return false;
    return true;
}

/* ---- attribute tables -------------------------------------------------------------------------*/

static int64_t *ints_at(void *out, const cg_attr *a)
{
    return (int64_t *)(void *)((char *)out + a->offset);
}

static void set_default(const cg_attr *a, void *out)
{
    if (a->type == CG_ATTR_REAL)
        *(double *)(void *)((char *)out + a->offset) = a->value;
    else if (a->type != CG_ATTR_SHAPE)
        for (int i = 0; i < a->count; i++) ints_at(out, a)[i] = (int64_t)a->value;
}

static int64_t as_int(double bound)
{
    return bound >= 9.2e18 ? INT64_MAX : bound <= -9.2e18 ? INT64_MIN : (int64_t)bound;
}

static void read_choice(cg_reader *r, const cg_tree *tree, const char *what, const cg_attr *a,
                        void *out)
{
    cg_words words = { .n = 0 };
    char choices[256], *p = choices;
    snprintf(choices, sizeof choices, "%s", a->choices);
    for (char *end; *p; p = end) {
        end = p + strcspn(p, " ");
        if (*end) *end++ = '\0';
        if (tree->kind == CG_TREE_SCALAR && !strcmp(p, tree->text)) {
            *ints_at(out, a) = (int64_t)words.n;
            return;
        }
        cg_words_add(&words, p);
    }
    if (tree->kind == CG_TREE_SCALAR && !cg_tree_is_null(tree))
        cg_read_unknown(r, tree, what, "word", &words);
    else
        wrong_type(r, tree, what, "a word", a->choices);
}

/* One value fills all; two of four are repeated: [down, across] for top, left, bottom, right. */
static void read_ints(cg_reader *r, const cg_tree *tree, const char *what, const cg_attr *a,
                      void *out)
{
    int64_t values[16] = { 0 };
    int n, count = a->count < 16 ? a->count : 16;
    if (!cg_read_ints(r, tree, what, count, as_int(a->min), as_int(a->max), values, &n)) return;
    if (count % n != 0) {
        cg_diagnose(r->diagnostics, tree->mark, NULL, NULL,
                    "%s: expected %d whole numbers, found %d", what, count, n);
        return;
    }
    for (int i = 0; i < a->count; i++) ints_at(out, a)[i] = values[i % n];
}

/* `out` holds the default, zeros, behind those that are read. */
static void read_list(cg_reader *r, const cg_tree *tree, const char *what, const cg_attr *a,
                      void *out)
{
    int n;
    cg_read_ints(r, tree, what, a->count, as_int(a->min), as_int(a->max), ints_at(out, a), &n);
}

static void read_axes(cg_reader *r, const cg_tree *tree, const char *what, const cg_attr *a,
                      void *out)
{
    int64_t axes[CG_MAX_RANK] = { 0 }, mask = 0;
    int n;
    if (!cg_read_ints(r, tree, what, CG_MAX_RANK, 0, CG_MAX_RANK - 1, axes, &n)) return;
    for (int i = 0; i < n; i++) mask |= INT64_C(1) << axes[i];
    *ints_at(out, a) = mask;
}

static void read_shape(cg_reader *r, const cg_tree *tree, const char *what, const cg_attr *a,
                       void *out)
{
    cg_shape shape = { 0 };
    cg_error error;
    if (!cg_read_ints(r, tree, what, CG_MAX_RANK, 1, INT64_C(1) << 40, shape.dim, &shape.rank))
        return;
    if (cg_shape_check(&shape, &error) == CG_OK)
        *(cg_shape *)(void *)((char *)out + a->offset) = shape;
    else
        cg_diagnose(r->diagnostics, tree->mark, NULL, NULL, "%s: %s", what, error.message);
}

static void read_attr(cg_reader *r, const cg_tree *tree, const char *section, const cg_attr *a,
                      void *out)
{
    const char *what = cg_read_within(r, section, a->name);
    bool truth;
    switch (a->type) {
    case CG_ATTR_INT:
        cg_read_int(r, tree, what, as_int(a->min), as_int(a->max), ints_at(out, a));
        break;
    case CG_ATTR_REAL:
        cg_read_real(r, tree, what, a->min, a->max, (double *)(void *)((char *)out + a->offset));
        break;
    case CG_ATTR_BOOL:
        if (cg_read_bool(r, tree, what, &truth)) *ints_at(out, a) = truth;
        break;
    case CG_ATTR_CHOICE:
        read_choice(r, tree, what, a, out);
        break;
    case CG_ATTR_INTS:
        read_ints(r, tree, what, a, out);
        break;
    case CG_ATTR_LIST:
        read_list(r, tree, what, a, out);
        break;
    case CG_ATTR_AXES:
        read_axes(r, tree, what, a, out);
        break;
    case CG_ATTR_SHAPE:
        read_shape(r, tree, what, a, out);
        break;
    }
}

static bool is_required(const cg_attr *a)
{
    if (a->type == CG_ATTR_SHAPE) return true;
    return a->value < a->min || a->value > a->max;
}

static void check_keys(cg_reader *r, const cg_tree *map, const char *what, const cg_attr *attrs,
                       const char *const more[])
{
    cg_words words = { .n = 0 };
    for (const cg_attr *a = attrs; a && a->name; a++) cg_words_add(&words, a->name);
    for (int i = 0; more && more[i]; i++) cg_words_add(&words, more[i]);
    for (int i = 0; i < map->n; i++) {
        size_t k = 0;
        while (k < words.n && strcmp(words.word[k], map->key[i]->text) != 0) k++;
        if (k == words.n) cg_read_unknown(r, map->key[i], what, "key", &words);
    }
}

void cg_read_attrs(cg_reader *r, const cg_tree *map, cg_mark at, const char *what,
                   const cg_attr *attrs, const char *const more[], void *out)
{
    if (map) check_keys(r, map, what, attrs, more);
    for (const cg_attr *a = attrs; a && a->name; a++) {
        set_default(a, out);
        const cg_tree *value = cg_tree_find(map, a->name);
        if (value)
            read_attr(r, value, what, a, out);
        else if (is_required(a))
            cg_diagnose(r->diagnostics, at, NULL, cg_read_within(r, a->name, a->help),
                        "%s: \"%s\" is missing", what, a->name);
    }
}
