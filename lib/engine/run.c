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

static char *tile_of(const cg_program *program, int thread)
{
    return program->scratch + thread * program->scratch_stride;
}

/* Runs one chunk: a fixed range of the step's items, whichever thread takes it. */
static void run_chunk(void *context, int64_t chunk, int thread)
{
    const chunk_job *job = context;
    const cg_step *step = job->step;
    cg_call call = step->call;
    int64_t begin = chunk * step->grain, end = begin + step->grain;
    call.scratch = tile_of(job->program, thread) + job->program->tile_bytes;
    step->kernel(&call, begin, end < step->items ? end : step->items);
}

/* ---- stretches ------------------------------------------------------------------------------ */

typedef struct {
    const cg_program *program;
    const cg_stage *stage;
    uint64_t seed, step;
} stage_job;

static float *at(const cg_operand *o, char *tile, int64_t row, int64_t plane)
{
    return o->base ? o->base + row * o->row_size + plane * o->plane_size
                   : (void *)(tile + o->offset);
}

/* Planes [first, first + n), counted through all rows. */
static void run_head(const stage_job *job, char *tile, int64_t first, int64_t n)
{
    const cg_step *head = job->stage->step;
    cg_call call = head->call;
    call.scratch = tile + job->program->tile_bytes;
    call.seed = job->seed;
    call.step = job->step;
    head->kernel(&call, first, first + n);
}

/* Planes [plane, plane + n) of a row through one step.  Its kernel sees them as the first ones:
 * what an item needs lies at the same distance from it wherever it is in its row. */
static void run_planes(const stage_job *job, const cg_step *step, char *tile, int64_t row,
                       int64_t plane, int64_t n)
{
    const float *x[CG_MAX_INPUTS];
    const cg_stretch *stretch = job->stage->stretch;
    cg_call call = step->call;
    call.scratch = tile + job->program->tile_bytes;
    call.x = x;
    call.y = at(&step->operand[0], tile, row, plane);
    for (int i = 0; i < call.n_x; i++) x[i] = at(&step->operand[i + 1], tile, row, plane);
    bool is_elementwise = (step->node->op->traits & CG_ELEMENTWISE) != 0;
    step->kernel(&call, 0, is_elementwise ? n * cg_plane_size(stretch, call.ys) : n);
}

/* Steps that work element by element on one plane, piece after piece.  Each kernel sees a row of
 * elements, or one for all of them. */
static void run_pieces(const stage_job *job, const cg_step *steps, char *tile, int64_t row,
                       int64_t plane)
{
    static const cg_shape piece = { .rank = 1, .dim = { CG_PIECE } }, one = { .rank = 0 };
    const int64_t size = cg_plane_size(job->stage->stretch, steps->call.ys);
    for (int64_t e = 0; e < size; e += CG_PIECE)
        for (int k = 0; k < steps->n_pieces; k++) {
            const cg_step *step = &steps[k];
            const cg_shape *xs[CG_MAX_INPUTS];
            const float *x[CG_MAX_INPUTS];
            cg_call call = step->call;
            for (int i = 0; i < call.n_x; i++) {
                const cg_operand *o = &step->operand[i + 1];
                x[i] = at(o, tile, row, plane) + (o->is_one ? 0 : e);
                xs[i] = o->is_one ? &one : &piece;
            }
            call.xs = xs;
            call.x = x;
            call.ys = &piece;
            call.y = at(&step->operand[0], tile, row, plane) + e;
            step->kernel(&call, 0, size - e < CG_PIECE ? size - e : CG_PIECE);
        }
}

/* Planes [plane, plane + n) of a row, all in one part, through the steps behind the head. */
static void run_part(const stage_job *job, char *tile, int64_t row, int64_t plane, int64_t n)
{
    const cg_stage *stage = job->stage;
    for (int i = stage->stretch->has_head ? 1 : 0; i < stage->n_steps;) {
        const cg_step *step = &stage->step[i];
        if (step->n_pieces > 0)
            run_pieces(job, step, tile, row, plane);
        else
            run_planes(job, step, tile, row, plane, n);
        i += step->n_pieces > 0 ? step->n_pieces : 1;
    }
}

static void run_group(const stage_job *job, char *tile, int64_t row, int64_t plane, int64_t n)
{
    const cg_stretch *stretch = job->stage->stretch;
    if (stretch->has_head) run_head(job, tile, row * stretch->planes + plane, n);
    for (int64_t done = 0; done < n; done += stretch->part)
        run_part(job, tile, row, plane + done, n - done < stretch->part ? n - done : stretch->part);
}

static void run_groups(const stage_job *job, char *tile, int64_t begin, int64_t end)
{
    const cg_stage *stage = job->stage;
    for (int64_t g = begin; g < end; g++) {
        const cg_stretch *s = stage->stretch;
        int64_t at = g * s->group, row = at / s->planes, plane = 0, left = s->rows * s->planes - at;
        if (s->group < s->planes) { /* rows are cut, each anew */
            row = g / stage->groups_a_row;
            plane = g % stage->groups_a_row * s->group;
            left = s->planes - plane;
        }
        run_group(job, tile, row, plane, left < s->group ? left : s->group);
    }
}

static void run_stretch_chunk(void *context, int64_t chunk, int thread)
{
    const stage_job *job = context;
    int64_t begin = chunk * job->stage->grain, end = begin + job->stage->grain;
    run_groups(job, tile_of(job->program, thread), begin,
               end < job->stage->n_groups ? end : job->stage->n_groups);
}

/* ---- slices --------------------------------------------------------------------------------- */

typedef struct {
    const cg_program *program;
    const cg_section *section;
    uint64_t seed, step;
} section_job;

static void run_step_row(const section_job *job, const cg_step *step, char *tile, int64_t row)
{
    int64_t items = step->items / job->section->rows;
    cg_call call = step->call;
    call.scratch = tile + job->program->tile_bytes;
    call.seed = job->seed;
    call.step = job->step;
    step->kernel(&call, row * items, (row + 1) * items);
}

static void run_stretch_row(const stage_job *job, char *tile, int64_t row)
{
    const cg_stage *stage = job->stage;
    const cg_stretch *stretch = stage->stretch;
    if (stretch->group >= stretch->planes) /* it may take several rows at once: here one */
        run_group(job, tile, row, 0, stretch->planes);
    else
        run_groups(job, tile, row * stage->groups_a_row, (row + 1) * stage->groups_a_row);
}

/* One row of the batch through all stages of a slice. */
static void run_row(void *context, int64_t row, int thread)
{
    const section_job *job = context;
    char *tile = tile_of(job->program, thread);
    for (int i = 0; i < job->section->n_stages; i++) {
        const cg_stage *stage = &job->section->stage[i];
        const stage_job one = { job->program, stage, job->seed, job->step };
        if (stage->stretch)
            run_stretch_row(&one, tile, row);
        else
            run_step_row(job, stage->step, tile, row);
    }
}

/* ---- steps by themselves -------------------------------------------------------------------- */

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

static void run_stage(cg_program *program, const cg_stage *stage, uint64_t seed, uint64_t step)
{
    if (!stage->stretch) {
        cg_run_step(program, stage->step, seed, step);
        return;
    }
    stage_job job = { program, stage, seed, step };
    cg_pool_run(stage->n_chunks > 1 ? program->pool : NULL, run_stretch_chunk, &job,
                stage->n_chunks);
}

static void run_section(cg_program *program, const cg_section *section, uint64_t seed,
                        uint64_t step)
{
    if (section->rows && !program->times) {
        section_job job = { program, section, seed, step };
        cg_pool_run(program->pool, run_row, &job, section->rows);
        return;
    }
    for (int i = 0; i < section->n_stages; i++) {
        double began = program->times ? cg_seconds() : 0;
        run_stage(program, &section->stage[i], seed, step);
        if (program->times)
            cg_note_time(&program->times[&section->stage[i] - program->stage], began);
    }
}

static void prepare(const cg_program *program)
{
    for (int i = 0; i < program->n_steps; i++) {
        const cg_step *step = &program->step[i];
        if (step->call.prepared) step->node->op->prepare[program->tier](&step->call, 0, 1);
    }
}

void cg_program_refresh(cg_program *program)
{
    program->is_stale = true;
}

cg_status cg_run(cg_program *program, uint64_t seed, uint64_t step)
{
    int g = 0;
    program->branches = 0;
    for (int i = program->is_stale ? 0 : program->n_prologue; i < program->n_sections; i++) {
        if (program->is_stale && i == program->n_prologue) prepare(program);
        const cg_section *section = &program->section[i];
        run_section(program, section, seed, step);
        const cg_stage *last = &section->stage[section->n_stages - 1];
        int done = last->step[last->n_steps - 1].node->id;
        for (; g < program->n_guards && program->guard[g] <= done; g++)
            if (!is_finite(program, program->guard[g])) return CG_ENUMERIC;
    }
    program->is_stale = false;
    for (int i = 0; i < program->n_copies; i++)
        memcpy(program->copy[i].to, program->copy[i].from, program->copy[i].bytes);
    return CG_OK;
}
