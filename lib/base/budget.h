/* Asking a budget before memory is taken.  NULL stands for one that is empty and without a limit of
 * its own. */
#ifndef CG_BASE_BUDGET_H
#define CG_BASE_BUDGET_H

#include <cnngraph/budget.h>
#include <cnngraph/status.h>

/* Bytes that may still be taken. */
int64_t cg_budget_left(const cg_budget *budget);

/* CG_ELIMIT, with what was asked for and what is left, unless so many bytes may be taken.  What: "a
 * program". */
cg_status cg_budget_check(const cg_budget *budget, const char *what, int64_t bytes,
                          cg_error *error);

/* Checks and takes; what was taken is given back by a negative number. */
cg_status cg_budget_take(cg_budget *budget, const char *what, int64_t bytes, cg_error *error);

#endif
