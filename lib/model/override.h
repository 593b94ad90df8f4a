/* --set path=value: changing a tree before it is read. */
#ifndef CG_MODEL_OVERRIDE_H
#define CG_MODEL_OVERRIDE_H

#include "model/tree.h"

/* source->text: "train.epochs=3", "model.layers[2].dense.units=64".  Keys that are not there are
 * added; list entries must be there. */
void cg_override(cg_arena *arena, cg_tree *root, const cg_source *source,
                 cg_diagnostics *diagnostics);

#endif
