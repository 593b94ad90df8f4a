/* What metrics.jsonl tells of a run, read back. */
#ifndef CG_TRAIN_HISTORY_H
#define CG_TRAIN_HISTORY_H

#include <cnngraph/status.h>

#include <stdbool.h>

typedef enum {
    CG_HISTORY_EPOCH,
    CG_HISTORY_LOSS,
    CG_HISTORY_ACCURACY,
    CG_HISTORY_VAL_LOSS,
    CG_HISTORY_VAL_ACCURACY,
    CG_HISTORY_LR,
    CG_HISTORY_SECONDS,
    CG_HISTORY_COLUMNS
} cg_history_column;

typedef struct {
    int n;                              /* epochs, at least 1                     */
    double *column[CG_HISTORY_COLUMNS]; /* n each; NaN where a line does not tell */
    bool is_torn; /* a last line that was not written to its end is left out      */
} cg_history;

/* CG_EDATA when no epoch was finished, or with the line that is damaged.  Free it in any case. */
cg_status cg_history_read(cg_history *history, const char *folder, cg_error *error);
void cg_history_free(cg_history *history);

#endif
