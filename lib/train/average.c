/* Averaged weights in the place of weights. */
#include "train/average.h"

#include "base/error.h"
#include "train/update.h"

#include <string.h>

static int64_t size_of(const cg_leaf *leaf)
{
    return cg_shape_size(&leaf->shape);
}

int64_t cg_parameters_size(const cg_program *program)
{
    int64_t size = 0;
    for (int i = 0; i < cg_program_leaves(program, CG_NODE_PARAMETER); i++) {
        cg_leaf leaf = cg_program_leaf(program, CG_NODE_PARAMETER, i);
        size += size_of(&leaf);
    }
    return size;
}

void cg_parameters_fill(cg_program *program, const float values[])
{
    for (int i = 0; i < cg_program_leaves(program, CG_NODE_PARAMETER); i++) {
        cg_leaf leaf = cg_program_leaf(program, CG_NODE_PARAMETER, i);
        memcpy(leaf.data, values, (size_t)size_of(&leaf) * sizeof *values);
        values += size_of(&leaf);
    }
}

/* A state of this name and size; its data is NULL where there is none. */
static cg_leaf find_state(const cg_program *program, const char *name, int64_t size)
{
    for (int i = 0; i < cg_program_leaves(program, CG_NODE_STATE); i++) {
        cg_leaf leaf = cg_program_leaf(program, CG_NODE_STATE, i);
        if (strcmp(leaf.name, name) == 0 && size_of(&leaf) == size) return leaf;
    }
    return (cg_leaf){ .name = name };
}

cg_status cg_average_begin(cg_program *program, cg_error *error)
{
    cg_leaf average = find_state(program, CG_AVERAGE, cg_parameters_size(program));
    if (!average.data) return cg_fail(error, CG_EINTERNAL, "there are no averages to begin");
    float *values = average.data;
    for (int i = 0; i < cg_program_leaves(program, CG_NODE_PARAMETER); i++) {
        cg_leaf leaf = cg_program_leaf(program, CG_NODE_PARAMETER, i);
        memcpy(values, leaf.data, (size_t)size_of(&leaf) * sizeof *values);
        values += size_of(&leaf);
    }
    return CG_OK;
}

cg_status cg_average_take(cg_program *to, const cg_program *from, cg_error *error)
{
    cg_leaf average = find_state(from, CG_AVERAGE, cg_parameters_size(to));
    if (!average.data) return cg_fail(error, CG_EINTERNAL, "there are no averages to take");
    cg_parameters_fill(to, average.data);
    for (int i = 0; i < cg_program_leaves(to, CG_NODE_STATE); i++) {
        cg_leaf state = cg_program_leaf(to, CG_NODE_STATE, i);
        cg_leaf source = find_state(from, state.name, size_of(&state));
        if (!source.data) return cg_fail(error, CG_EINTERNAL, "there is no '%s'", state.name);
        memcpy(state.data, source.data, (size_t)size_of(&state) * sizeof(float));
    }
    return CG_OK;
}
