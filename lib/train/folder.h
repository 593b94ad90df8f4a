/* A run's folder: model.yaml, metrics.jsonl, and checkpoints: of the last step, of the best epoch
 * and, of a run that was stopped within an epoch that it may go back to the beginning of, that. */
#ifndef CG_TRAIN_FOLDER_H
#define CG_TRAIN_FOLDER_H

#include <cnngraph/train.h>

#define CG_LAST      "last.safetensors"
#define CG_BEST      "best.safetensors"
#define CG_BEGINNING "epoch.safetensors"

enum { CG_FOLDER_BYTES = 256, CG_PATH_BYTES = CG_FOLDER_BYTES + 32 };

enum { CG_METRICS_BYTES = 1 << 28, CG_METRICS_LINE = 1 << 16 }; /* of metrics.jsonl, at most */

/* folder/name in path; CG_PATH_BYTES always suffice for a folder of this module. */
void cg_folder_file(const char *folder, const char *name, char path[CG_PATH_BYTES]);

/* Makes parent/NAME, or NAME-2, NAME-3, ... where that is taken, with the resolved model.yaml, and
 * locks it (cg_folder_lock), which is to be undone even after a failure. */
cg_status cg_folder_make(const char *parent, const cg_model *model, char folder[CG_FOLDER_BYTES],
                         int *lock, cg_error *error);
/* Takes that back, if nothing was saved there; folder is "" then. */
void cg_folder_unmake(char folder[CG_FOLDER_BYTES]);

/* The same model as the folder's model.yaml, or CG_ECHECKPOINT with the first line that differs.
 * How often it is saved may be another, and the number of epochs where no step depends on it;
 * *differs tells that one is. */
cg_status cg_folder_compare(const char *folder, const cg_model *model, bool *differs,
                            cg_error *error);

/* best.safetensors, else last.safetensors, in `room` bytes; false if the folder has neither. */
bool cg_folder_weights(const char *folder, size_t room, char path[]);

/* Writes the resolved model.yaml anew. */
cg_status cg_folder_rewrite(const char *folder, const cg_model *model, cg_error *error);

/* What metrics.jsonl says of an epoch; NaN is written as null. */
cg_status cg_folder_append(const char *folder, int64_t epoch, uint64_t step, int n,
                           const cg_metric_value values[], double seconds, cg_error *error);

/* *n = the epochs that metrics.jsonl tells of; 0 without that file. */
cg_status cg_folder_epochs(const char *folder, int64_t *n, cg_error *error);

/* Removes the temporary files that a process left that was killed while it wrote the folder's. */
void cg_folder_tidy(const char *folder);

/* Keeps the lines of the first `epochs` epochs: those behind the checkpoint will be written anew.
 */
cg_status cg_folder_cut(const char *folder, int64_t epochs, cg_error *error);

#endif
