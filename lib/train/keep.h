/* What a run keeps in its folder, so that it can go on to the very same bits: last.safetensors,
 * best.safetensors and, of a run that is in the middle of an epoch whose beginning it may go back
 * to, epoch.safetensors. */
#ifndef CG_TRAIN_KEEP_H
#define CG_TRAIN_KEEP_H

#include "train/watch.h"

/* Saves where the run stands as folder/name, and what else going on from there would need. */
cg_status cg_keep(cg_trainer *t, cg_watch *watch, const char *folder, const char *name,
                  cg_error *error);

/* CG_ECHECKPOINT when a run without last.safetensors has more than it had before that was first
 * saved, and so has lost it. */
cg_status cg_check_unsaved(const char *folder, cg_error *error);

/* The trainer, and what its watch may go back to, as last.safetensors has them.  CG_ECHECKPOINT if
 * that is no place in this run, or what the epochs before it have left, their lines in
 * metrics.jsonl and the best weights, is missing or damaged.  *best: the epoch of the best weights,
 * which may be the one that is to be done again; 0: there are none. */
cg_status cg_take_up(cg_trainer *t, cg_watch *watch, const char *folder, int64_t *best,
                     cg_error *error);

#endif
