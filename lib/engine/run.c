/* Running a program: no allocation, and no system call but the pool's. */
#include "engine/program.h"

#include "base/pool.h"
#include "graph/graph.h"

#include <math.h>
#include <string.h>

typedef struct {
    const cg_program *program;
    const cg_step *step;
} chunk_job;

/* Runs one chunk: a fixed range of the step's items, whichever thread takes it. */
static void run_chunk(void *context, int64_t chunk, int thread)
{
    const chunk_job *job = context;
    const cg_step *step = job->step;
    cg_call call = step->call;
    int64_t begin = chunk * step->grain, end = begin + step->grain;
    call.scratch = job->program->scratch + (size_t)thread * job->program->scratch_stride;
    step->kernel(&call, begin, end < step->items ? end : step->items);
}

/* A float32 step of an op that has no kernel: through its double reference. */
static void run_reference(cg_program *program, cg_step *step)
{
    double *at = program->wide;
    const double **x = (const double **)step->reference.x;
    for (int i = 0; i < step->call.n_x; i++) {
        int64_t n = cg_shape_size(step->call.xs[i]);
        for (int64_t k = 0; k < n; k++) at[k] = (double)step->call.x[i][k];
        x[i] = at;
        at += n;
    }
    step->reference.y = at;
    step->node->op->reference(&step->reference);
    int64_t n = cg_shape_size(step->call.ys);
    for (int64_t k = 0; k < n; k++) step->call.y[k] = (float)at[k];
}

void cg_run_step(cg_program *program, cg_step *step, uint64_t seed, uint64_t number)
{
    step->reference.seed = step->call.seed = seed;
    step->reference.step = step->call.step = number;
    if (program->dtype == CG_F64) {
        step->node->op->reference(&step->reference);
    } else if (!step->kernel) {
        run_reference(program, step);
    } else {
        chunk_job job = { program, step };
        cg_pool_run(step->n_chunks > 1 ? program->pool : NULL, run_chunk, &job, step->n_chunks);
    }
}

static bool is_finite(const cg_program *program, int id)
{
    return program->dtype == CG_F64 ? isfinite(*(const double *)program->data[id])
                                    : isfinite(*(const float *)program->data[id]);
}

cg_status cg_run(cg_program *program, uint64_t seed, uint64_t step)
{
    int g = 0;
    program->branches = 0;
    for (int i = 0; i < program->n_steps; i++) {
        cg_run_step(program, &program->step[i], seed, step);
        for (; g < program->n_guards && program->guard[g] <= program->step[i].node->id; g++)
            if (!is_finite(program, program->guard[g])) return CG_ENUMERIC;
    }
    for (int i = 0; i < program->n_copies; i++)
        memcpy(program->copy[i].to, program->copy[i].from, program->copy[i].bytes);
    return CG_OK;
}
