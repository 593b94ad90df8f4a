/* Writing out what a model file abbreviates: variables, blocks and repeats. */
#ifndef CG_MODEL_EXPAND_H
#define CG_MODEL_EXPAND_H

#include "model/tree.h"

/* Puts values in the place of ${name}, layers in the place of blocks and repeats, and takes away
 * `vars` and `blocks`.  Names of layers within a block get the block's name in front of them. */
void cg_expand(cg_arena *arena, cg_tree *root, cg_diagnostics *diagnostics);

#endif
