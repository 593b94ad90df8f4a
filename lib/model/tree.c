/* Building, copying and searching trees. */
#include "model/tree.h"

#include "base/text.h"

#include <string.h>

cg_tree *cg_tree_new(cg_arena *arena, cg_tree_kind kind, cg_mark mark)
{
    cg_tree *tree = cg_arena_alloc(arena, 1, sizeof *tree);
    if (!tree) return NULL;
    tree->kind = kind;
    tree->mark = mark;
    tree->text = "";
    return tree;
}

cg_tree *cg_tree_scalar(cg_arena *arena, cg_mark mark, const char *text)
{
    cg_tree *tree = cg_tree_new(arena, CG_TREE_SCALAR, mark);
    if (tree) tree->text = cg_arena_text(arena, text);
    return tree && tree->text ? tree : NULL;
}

static bool grow(cg_arena *arena, cg_tree *tree)
{
    int room = tree->room ? 2 * tree->room : 4;
    cg_tree **item = cg_arena_alloc(arena, (size_t)room, sizeof *item);
    cg_tree **key = cg_arena_alloc(arena, (size_t)room, sizeof *key);
    if (!item || !key) return false;
    for (int i = 0; i < tree->n; i++) {
        item[i] = tree->item[i];
        key[i] = tree->key[i];
    }
    tree->room = room;
    tree->item = item;
    tree->key = key;
    return true;
}

bool cg_tree_append(cg_arena *arena, cg_tree *tree, cg_tree *key, cg_tree *item)
{
    if (tree->n == tree->room && !grow(arena, tree)) return false;
    tree->key[tree->n] = key;
    tree->item[tree->n++] = item;
    return true;
}

void cg_tree_remove(cg_tree *tree, int i)
{
    for (tree->n--; i < tree->n; i++) {
        tree->key[i] = tree->key[i + 1];
        tree->item[i] = tree->item[i + 1];
    }
}

int64_t cg_text_cost(size_t bytes)
{
    return 1 + (int64_t)(bytes / 64);
}

cg_tree *cg_tree_copy(cg_arena *arena, const cg_tree *tree, int64_t *budget)
{
    *budget -= cg_text_cost(strlen(tree->text));
    if (*budget < 0) return NULL;
    cg_tree *copy = cg_arena_alloc(arena, 1, sizeof *copy);
    if (!copy) return NULL;
    *copy = *tree;
    copy->n = copy->room = 0;
    for (int i = 0; i < tree->n; i++) {
        cg_tree *key = NULL, *item = cg_tree_copy(arena, tree->item[i], budget);
        if (tree->key[i]) key = cg_tree_copy(arena, tree->key[i], budget);
        if (!item || (tree->key[i] && !key)) return NULL;
        if (!cg_tree_append(arena, copy, key, item)) return NULL;
    }
    return copy;
}

int cg_tree_index(const cg_tree *map, const char *key)
{
    if (!map || map->kind != CG_TREE_MAP) return -1;
    for (int i = 0; i < map->n; i++)
        if (!strcmp(map->key[i]->text, key)) return i;
    return -1;
}

cg_tree *cg_tree_find(const cg_tree *map, const char *key)
{
    int i = cg_tree_index(map, key);
    return i < 0 ? NULL : map->item[i];
}

bool cg_tree_may_hold(const char *text)
{
    if (!cg_utf8_valid(text, strlen(text))) return false;
    while ((text = cg_find_control(text)) && strchr("\t\n\r", *text)) text++;
    return text == NULL;
}

bool cg_tree_is_null(const cg_tree *tree)
{
    if (tree->kind != CG_TREE_SCALAR || tree->quoted) return false;
    return !*tree->text || !strcmp(tree->text, "~") || !strcmp(tree->text, "null");
}

const char *cg_tree_kind_name(const cg_tree *tree)
{
    static const char *const names[] = { "a single value", "a list", "a map" };
    return cg_tree_is_null(tree) ? "nothing" : names[tree->kind];
}
