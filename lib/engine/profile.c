/* Where the time of a program goes. */
#include "engine/program.h"

#include "base/error.h"
#include "graph/graph.h"

#include <string.h>
#include <time.h>

double cg_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void cg_note_time(cg_stage_time *time, double began)
{
    time->began = began;
    time->last = cg_seconds() - began;
    time->seconds += time->last;
    time->runs++;
}

/* "conv2d add relu" */
static const char *names_of(const cg_program *program, const cg_stage *stage)
{
    size_t bytes = 1;
    for (int i = 0; i < stage->n_steps; i++) bytes += strlen(stage->step[i].node->op->name) + 1;
    char *names = cg_arena_alloc(program->lists, bytes, 1);
    for (int i = 0; i < stage->n_steps && names; i++) {
        if (i) strcat(names, " ");
        strcat(names, stage->step[i].node->op->name);
    }
    return names;
}

cg_status cg_program_profile(cg_program *program, cg_error *error)
{
    if (program->times) return CG_OK;
    cg_stage_time *times = cg_alloc((size_t)program->n_stages + 1, sizeof *times);
    for (int i = 0; i < program->n_stages && times; i++) {
        const cg_stage *stage = &program->stage[i];
        const cg_node *first = stage->step->node, *last = stage->step[stage->n_steps - 1].node;
        times[i] = (cg_stage_time){ .ops = names_of(program, stage),
                                    .label = first->label,
                                    .place = first->place,
                                    .shape = last->shape,
                                    .flops = stage->flops };
        if (!times[i].ops) {
            cg_release(times);
            times = NULL;
        }
    }
    if (!times) return cg_fail_nomem(error, "a profile");
    program->times = times;
    return CG_OK;
}

int cg_program_stages(const cg_program *program)
{
    return program->n_stages;
}

cg_stage_time cg_program_stage(const cg_program *program, int i)
{
    return program->times ? program->times[i] : (cg_stage_time){ .ops = "", .label = "" };
}
