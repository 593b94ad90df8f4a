/* A pool of threads that runs numbered chunks of one job and joins. */
#ifndef CG_BASE_POOL_H
#define CG_BASE_POOL_H

#include <cnngraph/program.h>

/* chunk: 0..n_chunks-1; thread: 0..threads-1, to pick per-thread scratch memory with. */
typedef void cg_job(void *context, int64_t chunk, int thread);

/* Runs job(context, 0..n_chunks-1, thread) and returns when all are done.  Which thread runs which
 * chunk is not defined.  A pool runs one job at a time; a NULL pool runs it on the caller alone. */
void cg_pool_run(cg_pool *pool, cg_job *job, void *context, int64_t n_chunks);

int cg_cpu_cores(void); /* cores this process may use, at least 1 */

#endif
