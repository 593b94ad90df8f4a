/* A value that is a word, or {type: word, key: value, ...}. */
#include "model/typed.h"

#include <stdio.h>

cg_typed cg_read_type(cg_reader *r, const cg_tree *tree, const char *what)
{
    cg_typed t = { 0 };
    if (tree->kind == CG_TREE_SCALAR && !cg_tree_is_null(tree)) {
        t.word = tree;
    } else if (cg_read_map(r, tree, what, "a word, or {type: word, key: value, ...}")) {
        const cg_tree *type = cg_tree_find(tree, "type");
        const char *text;
        t.keys = tree;
        if (!type)
            cg_diagnose(r->diagnostics, tree->mark, NULL, "write {type: word, key: value, ...}",
                        "%s: \"type\" is missing", what);
        else if (cg_read_text(r, type, what, &text))
            t.word = type;
    }
    return t;
}

void *cg_read_typed_attrs(cg_reader *r, cg_typed t, const char *what, const cg_attr *attrs,
                          size_t size, const char *also)
{
    const char *const more[] = { "type", also, NULL };
    char section[120];
    void *out = cg_reader_alloc(r, 1, size ? size : 1);
    snprintf(section, sizeof section, "%s %s", what, t.word->text);
    if (out) cg_read_attrs(r, t.keys, t.word->mark, section, attrs, more, out);
    return out;
}
