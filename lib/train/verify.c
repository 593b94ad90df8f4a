/* The first steps of a training, several times over: promise 2 of the README, looked at. */
#include "base/error.h"
#include "base/pool.h"
#include "train/lockstep.h"
#include "train/weights.h"

#include <inttypes.h>

static cg_status parted(const cg_lockstep *l, cg_error *error)
{
    const cg_difference *d = &l->difference;
    return cg_fail(error, CG_EREPRODUCE,
                   "step %" PRIu64 ": '%s' is not the same on %d and on %d threads: value %" PRId64
                   " is %.9g and %.9g, and the largest difference %.3g",
                   l->steps, d->name, cg_pool_threads(l->a.pool), cg_pool_threads(l->b.pool), d->at,
                   d->a, d->b, d->largest);
}

cg_status cg_lockstep_verify(cg_lockstep *l, int64_t most, cg_error *error)
{
    if (l->difference.name[0]) return parted(l, error);
    while ((int64_t)l->steps < most) {
        CG_TRY(cg_lockstep_step(l, error));
        if (l->difference.name[0]) return parted(l, error);
    }
    return CG_OK;
}

static cg_status compare(const cg_model *model, int threads_a, int threads_b,
                         cg_verification *result, cg_error *error)
{
    cg_lockstep l;
    cg_status status = cg_lockstep_open(&l, model, threads_a, model, threads_b, error);
    bool has_threads = status != CG_OK || (cg_pool_threads(l.a.pool) == threads_a &&
                                           cg_pool_threads(l.b.pool) == threads_b);
    if (!has_threads) status = cg_fail_nomem(error, "as many threads");
    if (status == CG_OK) {
        int64_t epoch = l.a.n_batches;
        status = cg_lockstep_verify(&l, epoch < CG_VERIFY_STEPS ? epoch : CG_VERIFY_STEPS, error);
    }
    result->steps = (int64_t)l.steps;
    if (status == CG_OK) status = cg_weights_digest(l.a.full.program, result->weights, error);
    cg_lockstep_close(&l);
    return status;
}

cg_status cg_train_verify(const cg_model *model, int threads, cg_verification *result,
                          cg_error *error)
{
    if (threads <= 0) threads = cg_cpu_cores();
    *result = (cg_verification){ .threads = threads, .other_threads = threads == 1 ? 2 : 1 };
    CG_TRY(compare(model, threads, threads, result, error));
    return compare(model, threads, result->other_threads, result, error);
}
