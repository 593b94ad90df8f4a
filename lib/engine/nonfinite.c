/* Finding the op that made the first NaN or infinity. */
#include "engine/program.h"

#include "base/error.h"
#include "base/cpu.h"
#include "graph/graph.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double element(const cg_program *program, int id, int64_t k)
{
    return program->dtype == CG_F64 ? ((const double *)program->data[id])[k]
                                    : (double)((const float *)program->data[id])[k];
}

static int64_t count_nonfinite(const cg_program *program, const cg_node *node, double *low,
                               double *high)
{
    int64_t n = cg_shape_size(&node->shape), bad = 0;
    *low = INFINITY;
    *high = -INFINITY;
    for (int64_t k = 0; k < n; k++) {
        double v = element(program, node->id, k);
        if (!isfinite(v)) {
            bad++;
            continue;
        }
        *low = fmin(*low, v);
        *high = fmax(*high, v);
    }
    return bad;
}

/* "conv2d of layer 'c1': 3 of 40 values are not finite; x in [0, 1], w in [-2, 2e38]" */
static cg_status describe(const cg_program *program, const cg_node *node, int64_t bad,
                          uint64_t step, cg_error *error)
{
    char text[400] = "", name[32];
    double low, high;
    size_t used = 0;
    const char *names = node->op->inputs;
    for (int i = 0; i < node->n_x && used < sizeof text - 1; i++) {
        int length = (int)strcspn(names, " .");
        snprintf(name, sizeof name, "%.*s", length, names);
        if (names[length] == ' ') names += length + 1;
        int64_t n_bad = count_nonfinite(program, node->x[i], &low, &high);
        int n = snprintf(text + used, sizeof text - used, "%s %s in [%.4g, %.4g]%s", i ? "," : "",
                         name, low, high, n_bad ? " and not finite" : "");
        used += n > 0 ? (size_t)n : 0;
    }
    return cg_fail_at(error, CG_ENUMERIC, node->place,
                      "%s%s%s%s at step %llu: %lld of %lld values are not finite;%s",
                      node->op->name, *node->label ? " of layer '" : "", node->label,
                      *node->label ? "'" : "", (unsigned long long)step, (long long)bad,
                      (long long)cg_shape_size(&node->shape), text);
}

static cg_status search(cg_program *program, uint64_t seed, uint64_t step, cg_error *error)
{
    double low, high;
    for (int i = 0; i < program->n_steps; i++) {
        const cg_node *node = program->step[i].node;
        cg_run_step(program, &program->step[i], seed, step);
        int64_t bad = count_nonfinite(program, node, &low, &high);
        if (bad) return describe(program, node, bad, step, error);
    }
    return CG_OK;
}

/* The same steps once more, each with memory of its own: what runs plane by plane, or over values
 * that are not needed any more, leaves nothing to look at.  Parameters and states are shared. */
static cg_status plain_copy(cg_program **plain, cg_program *program, cg_error *error)
{
    cg_compile_options options = { .dtype = program->dtype,
                                   .isa = cg_tier_name(program->tier),
                                   .share = program,
                                   .no_passes = true,
                                   .keep_all = true };
    cg_graph *graph = program->graph;
    CG_TRY(cg_compile(plain, graph, graph->n_nodes, graph->node, &options, error));
    for (int id = 0; id < graph->n_nodes; id++) {
        const cg_node *node = graph->node[id];
        void *data = program->dtype == CG_F64 ? (void *)cg_data_f64(*plain, node)
                                              : (void *)cg_data_f32(*plain, node);
        if (node->kind == CG_NODE_INPUT)
            memcpy(data, program->data[id],
                   (size_t)cg_shape_size(&node->shape) * cg_program_element(program));
    }
    return CG_OK;
}

cg_status cg_program_first_nonfinite(cg_program *program, uint64_t seed, uint64_t step,
                                     cg_error *error)
{
    cg_program *plain = NULL;
    CG_TRY(plain_copy(&plain, program, error));
    cg_status status = search(plain, seed, step, error); /* updates happen at the end of a run */
    cg_program_free(plain);
    return status;
}
