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

typedef struct {
    int64_t bad;      /* values that are not finite */
    double low, high; /* of the others; low > high: there are none */
} extent;

static extent extent_of(const cg_program *program, const cg_node *node)
{
    extent e = { 0, INFINITY, -INFINITY };
    for (int64_t k = 0, n = cg_shape_size(&node->shape); k < n; k++) {
        double v = element(program, node->id, k);
        if (!isfinite(v)) {
            e.bad++;
            continue;
        }
        e.low = fmin(e.low, v);
        e.high = fmax(e.high, v);
    }
    return e;
}

/* "[0, 1]", "[-2, 2e38] and 3 of 40 not finite" */
static void extent_text(const extent *e, int64_t size, char text[80])
{
    int n = e->bad == size ? snprintf(text, 80, "none")
                           : snprintf(text, 80, "[%.4g, %.4g]", e->low, e->high);
    if (e->bad)
        snprintf(text + n, 80 - (size_t)n, " and %lld of %lld not finite", (long long)e->bad,
                 (long long)size);
}

/* " x in [0, 1], w in [-2, 2e38] and 3 of 40 not finite" */
static void describe_inputs(const cg_program *program, const cg_node *node, char *text, size_t room)
{
    char range[80];
    size_t used = 0;
    const char *names = node->op->inputs;
    for (int i = 0; i < node->n_x && used < room; i++) {
        int length = (int)strcspn(names, " .");
        extent e = extent_of(program, node->x[i]);
        extent_text(&e, cg_shape_size(&node->x[i]->shape), range);
        int n =
            snprintf(text + used, room - used, "%s %.*s in %s", i ? "," : "", length, names, range);
        if (names[length] == ' ') names += length + 1;
        used += n > 0 ? (size_t)n : 0;
    }
}

/* "conv2d of 'c1' at step 7: 3 of 40 values are not finite; x in [0, 1], w in [-2, 2e38]" */
static cg_status describe(const cg_program *program, const cg_node *node, int64_t bad,
                          uint64_t step, cg_error *error)
{
    char text[400] = "";
    describe_inputs(program, node, text, sizeof text);
    return cg_fail_at(error, CG_ENUMERIC, node->place,
                      "%s%s%s%s at step %llu: %lld of %lld values are not finite;%s",
                      node->op->name, *node->label ? " of '" : "", node->label,
                      *node->label ? "'" : "", (unsigned long long)step, (long long)bad,
                      (long long)cg_shape_size(&node->shape), text);
}

/* What was there before the first op ran: the batch, parameters, states. */
static cg_status search_leaves(const cg_program *program, uint64_t step, cg_error *error)
{
    static const char *const kinds[] = { [CG_NODE_INPUT] = "input",
                                         [CG_NODE_PARAMETER] = "parameter",
                                         [CG_NODE_STATE] = "state",
                                         [CG_NODE_SLAB] = NULL }; /* the parameters */
    for (int id = 0; id < program->graph->n_nodes; id++) {
        const cg_node *node = program->graph->node[id];
        if (node->op || !kinds[node->kind] || !program->data[id]) continue;
        extent e = extent_of(program, node);
        if (!e.bad) continue;
        return cg_fail_at(error, CG_ENUMERIC, node->place,
                          "the %s '%s' at step %llu: %lld of %lld values are not finite",
                          kinds[node->kind], cg_node_name(node), (unsigned long long)step,
                          (long long)e.bad, (long long)cg_shape_size(&node->shape));
    }
    return CG_OK;
}

static cg_status search(cg_program *program, uint64_t seed, uint64_t step, cg_error *error)
{
    CG_TRY(search_leaves(program, step, error));
    for (int i = 0; i < program->n_steps; i++) {
        const cg_node *node = program->step[i].node;
        cg_run_step(program, &program->step[i], seed, step);
        extent e = extent_of(program, node);
        if (e.bad) return describe(program, node, e.bad, step, error);
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
