/* A YAML document as a tree in which every node knows its place.
 *
 * Nodes live in an arena; aliases and merges are written out, so it is a tree and nothing is
 * shared.  A scalar has no type of its own: the key it belongs to decides how it is read. */
#ifndef CG_MODEL_TREE_H
#define CG_MODEL_TREE_H

#include "base/memory.h"
#include "model/diagnostics.h"

/* Limits of a document. */
enum {
    CG_YAML_BYTES = 1 << 20,
    CG_YAML_DEPTH = 64,
    CG_YAML_NODES = 100000, /* after aliases, blocks and repeats are written out; a long text that
                               they copy counts as one for each 64 bytes */
    CG_YAML_KEYS = 1000,    /* of one map                                        */
    CG_YAML_ANCHORS = 1000, /* each alias looks through them                     */
    CG_YAML_NAME = 100,     /* bytes of a name that others get in front          */
};

typedef enum { CG_TREE_SCALAR, CG_TREE_LIST, CG_TREE_MAP } cg_tree_kind;

typedef struct cg_tree cg_tree;
struct cg_tree {
    cg_tree_kind kind;
    cg_mark mark;
    const char *text; /* of a scalar                                      */
    bool quoted;      /* of a scalar: it was written in quotes, or as a block */
    bool is_bad;      /* a mistake in it is reported: no second one   */
    bool flow;        /* of a list or map: it was written in brackets     */
    int n_uses;       /* of a variable or block                           */
    int n, room;      /* entries                                          */
    cg_tree **key;    /* of a map: scalars                                */
    cg_tree **item;   /* of a list or map                                 */
};

/* Reads source->text from byte `skip` on (which must lie on its first line).  Every mistake goes to
 * diagnostics; NULL when there is no tree at all. */
cg_tree *cg_yaml_read(cg_arena *arena, const cg_source *source, size_t skip,
                      cg_diagnostics *diagnostics);

/* As YAML, to be freed with free(); NULL when out of memory. */
char *cg_yaml_write(const cg_tree *tree);

/* NULL when out of memory, as for all that follow. */
cg_tree *cg_tree_new(cg_arena *arena, cg_tree_kind kind, cg_mark mark);
cg_tree *cg_tree_scalar(cg_arena *arena, cg_mark mark, const char *text);
bool cg_tree_append(cg_arena *arena, cg_tree *tree, cg_tree *key,
                    cg_tree *item); /* list: key NULL */
void cg_tree_remove(cg_tree *tree, int i);

/* UTF-8, of control characters tabs and ends of lines alone: what a model file may hold. */
bool cg_tree_may_hold(const char *text);

/* What a text of so many bytes counts for. */
int64_t cg_text_cost(size_t bytes);

/* A deep copy; *budget falls by the number of nodes, NULL when it would fall below 0. */
cg_tree *cg_tree_copy(cg_arena *arena, const cg_tree *tree, int64_t *budget);

/* The position of a key in a map, -1 if it has none; the value, or NULL. */
int cg_tree_index(const cg_tree *map, const char *key);
cg_tree *cg_tree_find(const cg_tree *map, const char *key);

/* A plain scalar that stands for nothing: empty, ~ or null. */
bool cg_tree_is_null(const cg_tree *tree);

/* "a list", "a map", "text", for messages. */
const char *cg_tree_kind_name(const cg_tree *tree);

#endif
