/* Values of names, in the place of ${name}. */
#ifndef CG_MODEL_VARIABLES_H
#define CG_MODEL_VARIABLES_H

#include "model/tree.h"

/* Names and values; an inner scope is looked at first. */
typedef struct cg_scope {
    cg_tree *map;
    const struct cg_scope *outer;
} cg_scope;

typedef struct {
    cg_arena *arena;
    cg_diagnostics *diagnostics;
    cg_scope all;   /* `vars`, which are known everywhere */
    int64_t budget; /* values that may yet be written out; below 0: too many */
    int n_unknown;  /* names that nobody knows, so far */
} cg_variables;

/* Takes the map `vars`, in which a variable may use those before it. */
void cg_variables_read(cg_variables *v, cg_tree *vars);

/* Puts values in the place of all ${name} in the tree. */
void cg_substitute(cg_variables *v, cg_tree *tree, const cg_scope *s);

/* A `what` that is no key of the map (NULL: empty), with the key that is nearest. */
void cg_variables_unknown(cg_variables *v, cg_mark at, const char *what, const char *name,
                          const cg_tree *map);

/* Tells of what the map names and nothing has used; what: "variable" or "block". */
void cg_variables_unused(cg_variables *v, const cg_tree *map, const char *what);

#endif
