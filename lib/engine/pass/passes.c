/* The list of passes, and applying the first few of them. */
#include "engine/pass/pass.h"

#include "base/error.h"
#include "graph/graph.h"

#include <string.h>

const cg_pass cg_passes[] = {
    { .name = "stabilise", .visit = cg_stabilise_visit },
    { .name = "fold", .visit = cg_fold_visit },
    { .name = "fuse", .visit = cg_fuse_visit, .for_kernels = true },
    { .name = "lanes", .visit = cg_lanes_visit, .for_kernels = true },
    { .name = "split", .visit = cg_split_visit, .for_kernels = true },
    { .name = "cse", .visit = cg_cse_visit },
    { .name = "dead" },
    { .name = "sink", .for_kernels = true, .sinks = true },
    { .name = "settle", .for_kernels = true, .settles = true },
    { .name = NULL },
};

/* "plan" changes no node: it decides where each lives. */
const char *const cg_pass_names[] = { "stabilise", "fold", "fuse",   "lanes", "split", "cse",
                                      "dead",      "sink", "settle", "plan",  NULL };

static bool is_pass(const char *name)
{
    for (const char *const *p = cg_pass_names; *p; p++)
        if (strcmp(*p, name) == 0) return true;
    return false;
}

cg_status cg_pass_apply(cg_graph **after, cg_graph *graph, int n, cg_node *const outputs[],
                        cg_node *outputs_after[], const char *last, cg_error *error)
{
    *after = NULL;
    if (!is_pass(last)) return cg_fail(error, CG_EUSAGE, "there is no pass '%s'", last);
    const cg_graph *now = graph;
    if (n) memmove(outputs_after, outputs, (size_t)n * sizeof *outputs);
    cg_status status = CG_OK;
    for (const cg_pass *pass = cg_passes; pass->name && status == CG_OK; pass++) {
        if (pass->settles && strcmp(pass->name, last) != 0) continue;
        cg_graph *next = NULL;
        cg_node **map = cg_alloc((size_t)now->n_nodes + 1, sizeof *map);
        status = map ? cg_rewrite(&next, now, n, outputs_after, pass, map, error)
                     : cg_fail_nomem(error, pass->name);
        for (int i = 0; i < n && status == CG_OK; i++) outputs_after[i] = map[outputs_after[i]->id];
        cg_release(map);
        cg_graph_free(*after);
        *after = next;
        now = next;
        if (strcmp(pass->name, last) == 0) break;
    }
    return status;
}
