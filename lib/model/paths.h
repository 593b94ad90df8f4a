/* Paths in a model file become absolute. */
#ifndef CG_MODEL_PATHS_H
#define CG_MODEL_PATHS_H

#include "model/tree.h"

/* `folder`: the model file's, with its slash, or NULL for the current one; a path that --set gave
 * starts from the current one in any case. */
void cg_write_out_paths(cg_arena *arena, cg_tree *root, const char *folder,
                        cg_diagnostics *diagnostics);

#endif
