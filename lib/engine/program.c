/* Looking at a program and giving it back. */
#include "engine/program.h"

#include "base/budget.h"
#include "base/error.h"
#include "base/memory.h"
#include "graph/graph.h"

cg_status cg_program_take(cg_program *program, const char *what, int64_t bytes, cg_error *error)
{
    CG_TRY(cg_budget_take(program->budget, what, bytes, error));
    program->taken += bytes;
    return CG_OK;
}

void cg_program_free(cg_program *program)
{
    if (!program) return;
    cg_budget_take(program->budget, "", -program->taken, NULL);
    cg_graph_free(program->graph);
    cg_arena_free(program->lists);
    cg_release(program->node_of);
    cg_release(program->by_kind);
    cg_release(program->data);
    cg_release(program->slot);
    cg_release(program->stretch);
    cg_release(program->stretch_of);
    cg_release(program->slice);
    cg_release(program->slice_of);
    cg_release(program->section);
    cg_release(program->settled);
    cg_release(program->prepared);
    cg_release(program->step);
    cg_release(program->stage);
    cg_release(program->times);
    cg_release(program->copy);
    cg_release(program->guard);
    cg_release(program->leaves);
    cg_release(program->arena);
    cg_release(program->scratch);
    cg_release(program->wide);
    cg_release(program);
}

size_t cg_program_element(const cg_program *program)
{
    return program->dtype == CG_F64 ? sizeof(double) : sizeof(float);
}

static void *data_of(const cg_program *program, const cg_node *node)
{
    int id = node && node->id < program->n_node_of ? program->node_of[node->id] : -1;
    return id >= 0 ? program->data[id] : NULL;
}

float *cg_data_f32(cg_program *program, const cg_node *node)
{
    return program->dtype == CG_F32 ? data_of(program, node) : NULL;
}

double *cg_data_f64(cg_program *program, const cg_node *node)
{
    return program->dtype == CG_F64 ? data_of(program, node) : NULL;
}

int cg_program_leaves(const cg_program *program, cg_node_kind kind)
{
    if ((unsigned)kind >= CG_N_NODE_KINDS) return 0;
    return program->kind_begin[kind + 1] - program->kind_begin[kind];
}

cg_leaf cg_program_leaf(const cg_program *program, cg_node_kind kind, int i)
{
    if (i < 0 || i >= cg_program_leaves(program, kind)) return (cg_leaf){ "", { 0 }, NULL };
    int id = program->by_kind[program->kind_begin[kind] + i];
    const cg_node *node = program->graph->node[id];
    return (cg_leaf){ cg_node_name(node), node->shape, program->data[id] };
}

size_t cg_program_bytes(const cg_program *program)
{
    return (size_t)(program->leaf_bytes + program->arena_bytes + program->prepared_bytes +
                    program->scratch_bytes);
}

size_t cg_program_arena_bytes(const cg_program *program)
{
    return (size_t)program->arena_bytes;
}

cg_dtype cg_program_dtype(const cg_program *program)
{
    return program->dtype;
}

int64_t cg_program_flops(const cg_program *program)
{
    return program->flops;
}

cg_tier cg_program_tier(const cg_program *program)
{
    return program->tier;
}

uint64_t cg_program_branches(const cg_program *program)
{
    return program->branches;
}
