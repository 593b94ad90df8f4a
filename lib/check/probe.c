/* A compiled scalar function that is run again and again at changed leaves. */
#include "check/probe.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

static size_t bytes_of(const cg_leaf *leaf)
{
    return (size_t)cg_shape_size(&leaf->shape) * sizeof(double);
}

static cg_status keep(cg_probe *probe, cg_node_kind kind, cg_error *error)
{
    for (int i = 0; i < cg_program_leaves(probe->program, kind); i++) {
        cg_leaf leaf = cg_program_leaf(probe->program, kind, i);
        double *copy = cg_alloc(1, bytes_of(&leaf));
        if (!copy) return cg_fail_nomem(error, "a gradient check");
        memcpy(copy, leaf.data, bytes_of(&leaf));
        probe->leaf[probe->n] = leaf;
        probe->kept[probe->n++] = copy;
    }
    return CG_OK;
}

cg_status cg_probe_open(cg_probe *probe, cg_graph *graph, int n, cg_node *const outputs[],
                        cg_check_feed *feed, void *context, uint64_t seed, bool no_passes,
                        cg_error *error)
{
    cg_compile_options options = { .dtype = CG_F64, .no_passes = no_passes };
    CG_TRY(cg_compile(&probe->program, graph, n, outputs, &options, error));
    probe->seed = seed;
    int n_leaves = cg_program_leaves(probe->program, CG_NODE_INPUT) +
                   cg_program_leaves(probe->program, CG_NODE_STATE);
    probe->leaf = cg_alloc((size_t)n_leaves + 1, sizeof *probe->leaf);
    probe->kept = cg_alloc((size_t)n_leaves + 1, sizeof *probe->kept);
    if (!probe->leaf || !probe->kept) return cg_fail_nomem(error, "a gradient check");
    feed(context, probe->program);
    CG_TRY(keep(probe, CG_NODE_INPUT, error));
    return keep(probe, CG_NODE_STATE, error);
}

void cg_probe_close(cg_probe *probe)
{
    for (int i = 0; i < probe->n; i++) cg_release(probe->kept[i]);
    cg_release(probe->kept);
    cg_release(probe->leaf);
    cg_program_free(probe->program);
    *probe = (cg_probe){ 0 };
}

double *cg_probe_leaf(cg_probe *probe, const cg_node *leaf)
{
    double *data = cg_data_f64(probe->program, leaf);
    for (int i = 0; i < probe->n; i++)
        if (probe->leaf[i].data == data) return probe->kept[i];
    return data;
}

cg_status cg_probe_run(cg_probe *probe)
{
    for (int i = 0; i < probe->n; i++)
        memcpy(probe->leaf[i].data, probe->kept[i], bytes_of(&probe->leaf[i]));
    return cg_run(probe->program, probe->seed, 1);
}
