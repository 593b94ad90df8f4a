/* How much memory may be taken.
 *
 * A budget belongs to the caller and is lent to what loads and compiles, each of which takes its
 * share before it allocates, CG_ELIMIT where there is not so much left, and gives it back when it
 * is freed.  Where none is lent (NULL), each may take as much as the machine offers. */
#ifndef CNNGRAPH_BUDGET_H
#define CNNGRAPH_BUDGET_H

#include <stdint.h>

typedef struct {
    int64_t limit; /* bytes; 0: three quarters of what the machine, or a limit of the system on the
                      process's address space, offers */
    int64_t taken; /* bytes; 0 at first */
} cg_budget;

#endif
