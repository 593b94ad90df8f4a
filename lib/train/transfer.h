/* Beginning with what another model has learnt. */
#ifndef CG_TRAIN_TRANSFER_H
#define CG_TRAIN_TRANSFER_H

#include <cnngraph/model.h>

enum { CG_TRANSFER_TEXT = 1024 };

/* Parameters and states of the model that have the name and the shape of a tensor in `from` take
 * its values; the others keep theirs.  Of averaged weights the averages are taken, as predictions
 * take them; nothing is taken of an optimiser's state.  from: a safetensors file, or the folder of
 * a run, whose best weights it means.  text: what was taken and what was not, in one line.
 *
 * CG_EIO where there is no such file; CG_ECHECKPOINT where the run has no weights, the file is
 * damaged, or nothing of it fits. */
cg_status cg_transfer(cg_program *program, const cg_model *model, const char *from,
                      char text[CG_TRANSFER_TEXT], cg_error *error);

/* The values that a training begins with, once they are drawn: those that `train: from` names, and
 * their averages.  text: as above, "" where nothing is named.  A mistake has the place of `from`;
 * CG_EMODEL too where its folder is not allowed. */
cg_status cg_transfer_begin(cg_program *program, const cg_model *model, char text[CG_TRANSFER_TEXT],
                            cg_error *error);

#endif
