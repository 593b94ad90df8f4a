/* Compiling: passes, then a place in memory for each value, then the list of calls. */
#include "engine/program.h"

#include "base/cpu.h"
#include "base/error.h"
#include "base/memory.h"
#include "engine/pass/pass.h"
#include "graph/graph.h"

#include <string.h>

static cg_status nomem(cg_error *error)
{
    return cg_fail_nomem(error, "a program");
}

/* ---- passes --------------------------------------------------------------------------------- */

/* Replaces p->graph by what a pass makes of it; outputs and node_of follow. */
static cg_status apply(cg_program *p, const cg_graph *from, int n, cg_node *outputs[],
                       const cg_pass *pass, cg_error *error)
{
    cg_graph *to = NULL;
    cg_node **map = cg_alloc((size_t)from->n_nodes + 1, sizeof *map);
    cg_status status = map ? cg_rewrite(&to, from, n, outputs, pass, map, error) : nomem(error);
    if (status == CG_OK) {
        for (int i = 0; i < n; i++) outputs[i] = map[outputs[i]->id];
        for (int i = 0; i < p->n_node_of; i++) {
            const cg_node *now = p->node_of[i] >= 0 ? map[p->node_of[i]] : NULL;
            p->node_of[i] = now ? now->id : -1;
        }
        cg_graph_free(p->graph);
        p->graph = to;
    }
    cg_release(map);
    return status;
}

static cg_status rewrite(cg_program *p, const cg_graph *graph, int n, cg_node *outputs[],
                         const cg_compile_options *options, cg_error *error)
{
    const bool is_frozen = options->is_frozen;
    p->n_node_of = graph->n_nodes;
    p->node_of = cg_alloc((size_t)graph->n_nodes + 1, sizeof *p->node_of);
    if (!p->node_of) return nomem(error);
    for (int i = 0; i < p->n_node_of; i++) p->node_of[i] = i;
    if (options->no_passes) return apply(p, graph, n, outputs, NULL, error);
    for (const cg_pass *pass = cg_passes; pass->name; pass++)
        if ((!pass->for_kernels || p->dtype == CG_F32) && (!pass->settles || is_frozen))
            CG_TRY(apply(p, p->graph ? p->graph : graph, n, outputs, pass, error));
    return CG_OK;
}

/* So that leaves can be asked for by number. */
static cg_status sort_by_kind(cg_program *p, cg_error *error)
{
    const cg_graph *graph = p->graph;
    int n = 0;
    p->by_kind = cg_alloc((size_t)graph->n_nodes + 1, sizeof *p->by_kind);
    if (!p->by_kind) return nomem(error);
    for (int kind = 0; kind < CG_N_NODE_KINDS; kind++) {
        p->kind_begin[kind] = n;
        for (int id = 0; id < graph->n_nodes; id++)
            if ((int)graph->node[id]->kind == kind) p->by_kind[n++] = id;
    }
    p->kind_begin[CG_N_NODE_KINDS] = n;
    return CG_OK;
}

/* Only what keeps its value to the end of a run may be looked at. */
static void hide_the_rest(cg_program *p)
{
    for (int i = 0; i < p->n_node_of; i++) {
        int id = p->node_of[i];
        if (id < 0 || !p->graph->node[id]->op) continue;
        const cg_slot *slot = &p->slot[id];
        if (slot->is_lost || p->slot[slot->root].last_use < p->graph->n_nodes) p->node_of[i] = -1;
    }
}

/* Which nodes keep their values from run to run, and the last op of those that come first. */
static cg_status find_settled(cg_program *p, const cg_compile_options *options, cg_error *error)
{
    p->settled = cg_alloc((size_t)p->graph->n_nodes + 1, sizeof *p->settled);
    p->prologue = -1;
    if (!p->settled) return nomem(error);
    if (!options->is_frozen || p->dtype != CG_F32) return CG_OK;
    p->is_stale = true;
    cg_settled(p->settled, p->graph);
    for (int id = 0; id < p->graph->n_nodes && (!p->graph->node[id]->op || p->settled[id]); id++) {
        const cg_op *op = p->graph->node[id]->op;
        if (op && !(op->traits & CG_VIEW)) p->prologue = id; /* no step computes a view */
    }
    return CG_OK;
}

/* ---- memory --------------------------------------------------------------------------------- */

static int64_t bytes_of(const cg_program *p, const cg_node *node)
{
    return cg_shape_size(&node->shape) * (int64_t)cg_program_element(p);
}

static int64_t aligned(int64_t bytes)
{
    return (bytes + CG_ALIGN - 1) / CG_ALIGN * CG_ALIGN;
}

/* The memory of a leaf in the program that is shared, or NULL. */
static void *shared_data(const cg_program *share, const cg_node *node)
{
    if (!share || (node->kind != CG_NODE_PARAMETER && node->kind != CG_NODE_STATE)) return NULL;
    const cg_node *theirs = cg_graph_find(share->graph, node->name);
    bool is_same =
        theirs && theirs->kind == node->kind && cg_shape_equal(&theirs->shape, &node->shape);
    return is_same ? share->data[theirs->id] : NULL;
}

/* Leaves get their offset in p->leaves (as a number in data[]) or their shared address. */
static cg_status place_leaves(cg_program *p, const cg_program *share, int64_t *offset,
                              bool is_shared[], cg_error *error)
{
    static const cg_node_kind order[] = { CG_NODE_PARAMETER, CG_NODE_INPUT, CG_NODE_STATE,
                                          CG_NODE_CONSTANT };
    int64_t bytes = 0;
    for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
        for (int id = 0; id < p->graph->n_nodes; id++) {
            const cg_node *node = p->graph->node[id];
            if (node->kind != order[k]) continue;
            p->data[id] = shared_data(share, node);
            is_shared[id] = p->data[id] != NULL;
            if (is_shared[id]) continue;
            offset[id] = bytes; /* parameters lie one behind the other, the rest on its own lines */
            bytes += bytes_of(p, node);
            if (order[k] != CG_NODE_PARAMETER) bytes = aligned(bytes);
        }
        bytes = aligned(bytes);
    }
    CG_TRY(cg_program_take(p, "parameters, states and inputs of the model", bytes, error));
    p->leaf_bytes = bytes;
    p->leaves = cg_alloc_aligned((size_t)bytes + CG_ALIGN, 1);
    if (!p->leaves) return nomem(error);
    for (int id = 0; id < p->graph->n_nodes; id++)
        if (!p->graph->node[id]->op && !is_shared[id]) p->data[id] = p->leaves + offset[id];
    return CG_OK;
}

static void fill_constant(cg_program *p, const cg_node *node)
{
    int64_t n = cg_shape_size(&node->shape);
    for (int64_t i = 0; i < n; i++) {
        double v = node->data ? node->data[i] : node->value;
        if (p->dtype == CG_F64)
            ((double *)p->data[node->id])[i] = v;
        else
            ((float *)p->data[node->id])[i] = (float)v;
    }
}

/* The slab is the first parameter's memory, if the others follow it. */
static cg_status place_slab(cg_program *p, cg_error *error)
{
    if (!p->graph->slab) return CG_OK;
    char *next = NULL;
    for (int id = 0; id < p->graph->n_nodes; id++) {
        const cg_node *node = p->graph->node[id];
        if (node->kind != CG_NODE_PARAMETER) continue;
        if (!next) p->data[p->graph->slab->id] = next = p->data[id];
        if (p->data[id] != next)
            return cg_fail(error, CG_EUSAGE,
                           "the program to share with has other parameters: '%s' lies elsewhere",
                           node->name);
        next += bytes_of(p, node);
    }
    return CG_OK;
}

/* Whether the plan can be told in 64 bits. */
static cg_status check_sizes(const cg_program *p, cg_error *error)
{
    int64_t sum = 0;
    for (int id = 0; id < p->graph->n_nodes; id++)
        sum = cg_bounded_sum(sum, aligned(bytes_of(p, p->graph->node[id])));
    return sum < INT64_MAX ? CG_OK : cg_fail(error, CG_ELIMIT, "the model is beyond any memory");
}

static cg_status place_all(cg_program *p, const cg_program *share, cg_error *error)
{
    CG_TRY(cg_program_take(p, "what the layers compute of a batch", p->arena_bytes, error));
    size_t n = (size_t)p->graph->n_nodes;
    int64_t *offset = cg_alloc(n + 1, sizeof *offset);
    bool *is_shared = cg_alloc(n + 1, sizeof *is_shared);
    cg_status status =
        offset && is_shared ? place_leaves(p, share, offset, is_shared, error) : nomem(error);
    cg_release(offset);
    cg_release(is_shared);
    CG_TRY(status);
    CG_TRY(place_slab(p, error));
    p->arena = cg_alloc_aligned((size_t)p->arena_bytes + CG_ALIGN, 1);
    if (!p->arena) return nomem(error);
    for (int id = 0; id < p->graph->n_nodes; id++) {
        const cg_node *node = p->graph->node[id];
        int root = p->slot[id].root;
        if (node->kind == CG_NODE_CONSTANT) fill_constant(p, node);
        if (!node->op) continue;
        if (p->slot[root].in_tile) continue;
        char *start = p->graph->node[root]->op ? p->arena + p->slot[root].offset : p->data[root];
        p->data[id] = start + p->slot[id].within;
    }
    return CG_OK;
}

/* What runs plane by plane; nothing does where all values are to be looked at. */
static cg_status find_stretches(cg_program *p, bool keep_all, cg_error *error)
{
    size_t n = (size_t)p->graph->n_nodes + 1;
    bool *ends = cg_alloc(n, sizeof *ends);
    p->stretch_of = cg_alloc(n, sizeof *p->stretch_of);
    p->slice_of = cg_alloc(n, sizeof *p->slice_of);
    if (!ends || !p->stretch_of || !p->slice_of) {
        cg_release(ends);
        return nomem(error);
    }
    for (int i = 0; i < p->n_guards; i++) ends[p->guard[i]] = true;
    if (p->prologue >= 0) ends[p->prologue] = true;
    for (int id = 0; id < p->graph->n_nodes; id++) p->stretch_of[id] = p->slice_of[id] = -1;
    int found = 0;
    if (p->dtype == CG_F32 && !keep_all)
        found = cg_stretches(&p->stretch, p->stretch_of, p->graph, p->tier, ends);
    if (p->dtype == CG_F32 && !keep_all && found >= 0)
        found =
            cg_slices(&p->slice, p->slice_of, p->graph, p->tier, p->stretch_of, p->stretch, ends);
    cg_release(ends);
    return found >= 0 ? CG_OK : nomem(error);
}

static cg_status plan(cg_program *p, int n, cg_node *const outputs[],
                      const cg_compile_options *options, cg_error *error)
{
    CG_TRY(check_sizes(p, error));
    CG_TRY(find_stretches(p, options->keep_all, error));
    cg_plan_options how = { .element = cg_program_element(p),
                            .keep_all = options->keep_all,
                            .prologue = p->prologue,
                            .settled = -1,
                            .stretch_of = p->stretch_of,
                            .stretches = p->stretch,
                            .slice_of = p->slice_of,
                            .slices = p->slice };
    for (int i = 0; i < p->n_guards; i++)
        if (p->guard[i] > how.settled) how.settled = p->guard[i];
    p->slot = cg_alloc((size_t)p->graph->n_nodes + 1, sizeof *p->slot);
    p->data = cg_alloc((size_t)p->graph->n_nodes + 1, sizeof *p->data);
    if (!p->slot || !p->data ||
        !cg_plan(p->slot, &p->arena_bytes, &p->tile_bytes, p->graph, n, outputs, &how))
        return nomem(error);
    return place_all(p, options->share, error);
}

/* ---- updates ------------------------------------------------------------------------------- */

static bool is_in_place(const cg_program *p, const cg_update_pair *u)
{
    return p->slot[u->value->id].root == u->leaf->id;
}

static void add_copy(cg_program *p, void *to, const void *from, int64_t bytes)
{
    p->copy[p->n_copies++] = (cg_copy){ to, from, (size_t)bytes };
}

/* Updates that the plan did not make in place become copies.  A value that lives in another leaf is
 * saved first, since that leaf may be overwritten by a copy of its own. */
static cg_status make_copies(cg_program *p, cg_error *error)
{
    const cg_graph *graph = p->graph;
    const void **from = cg_arena_alloc(p->lists, (size_t)graph->n_updates + 1, sizeof *from);
    p->copy = cg_alloc(2 * (size_t)graph->n_updates + 1, sizeof *p->copy);
    if (!p->copy || !from) return nomem(error);
    for (int i = 0; i < graph->n_updates; i++) {
        const cg_update_pair *u = &graph->update[i];
        from[i] = p->data[u->value->id];
        if (is_in_place(p, u) || graph->node[p->slot[u->value->id].root]->op) continue;
        CG_TRY(cg_program_take(p, "what an update saves", bytes_of(p, u->leaf), error));
        void *saved = cg_arena_alloc(p->lists, (size_t)bytes_of(p, u->leaf), 1);
        if (!saved) return nomem(error);
        add_copy(p, saved, from[i], bytes_of(p, u->leaf));
        from[i] = saved;
    }
    for (int i = 0; i < graph->n_updates; i++) {
        const cg_update_pair *u = &graph->update[i];
        if (!is_in_place(p, u)) add_copy(p, p->data[u->leaf->id], from[i], bytes_of(p, u->leaf));
    }
    return CG_OK;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static cg_status choose_tier(cg_program *p, const char *isa, cg_error *error)
{
    if (!isa) return cg_tier_choose(&p->tier, error);
    for (int t = CG_PORTABLE; t < CG_N_TIERS; t++)
        if (strcmp(isa, cg_tier_name((cg_tier)t)) == 0 && cg_tier_usable((cg_tier)t)) {
            p->tier = (cg_tier)t;
            return CG_OK;
        }
    return cg_fail(error, CG_EUSAGE, "this machine or build has no instruction set '%s'", isa);
}

static int by_id(const int *guard, int n, int id)
{
    int at = n;
    while (at > 0 && guard[at - 1] > id) at--;
    return at;
}

/* No step computes a view, so the guard is what it shows. */
static cg_status note_guards(cg_program *p, cg_node *const guards[], int n, cg_error *error)
{
    p->guard = cg_alloc((size_t)n + 1, sizeof *p->guard);
    if (!p->guard) return nomem(error);
    for (int i = 0; i < n; i++) { /* in the order in which they are computed */
        const cg_node *guard = guards[i];
        if (cg_shape_size(&guard->shape) != 1)
            return cg_fail(error, CG_EUSAGE, "a guard must be a scalar");
        while (guard->op && (guard->op->traits & CG_VIEW)) guard = guard->x[0];
        int at = by_id(p->guard, p->n_guards, guard->id);
        memmove(p->guard + at + 1, p->guard + at, (size_t)(p->n_guards - at) * sizeof *p->guard);
        p->guard[at] = guard->id;
        p->n_guards++;
    }
    return CG_OK;
}

static cg_status build(cg_program *p, const cg_graph *graph, int n, cg_node *outputs[],
                       const cg_compile_options *options, cg_error *error)
{
    int n_all = n + options->n_guards;
    CG_TRY(choose_tier(p, options->isa, error));
    CG_TRY(rewrite(p, graph, n_all, outputs, options, error));
    CG_TRY(sort_by_kind(p, error));
    CG_TRY(find_settled(p, options, error));
    CG_TRY(note_guards(p, outputs + n, options->n_guards, error));
    CG_TRY(plan(p, n_all, outputs, options, error));
    hide_the_rest(p);
    CG_TRY(cg_make_steps(p, error));
    return make_copies(p, error);
}

cg_status cg_compile(cg_program **program, cg_graph *graph, int n, cg_node *const outputs[],
                     const cg_compile_options *options, cg_error *error)
{
    static const cg_compile_options defaults = { .dtype = CG_F32 };
    *program = NULL;
    if (!options) options = &defaults;
    if (graph->error.status != CG_OK) {
        if (error) *error = graph->error;
        return graph->error.status;
    }
    for (int i = 0; i < n; i++)
        if (!outputs[i] || outputs[i]->graph != graph)
            return cg_fail(error, CG_EUSAGE, "output %d is not a node of the graph", i);
    for (int i = 0; i < options->n_guards; i++)
        if (!options->guards[i] || options->guards[i]->graph != graph)
            return cg_fail(error, CG_EUSAGE, "guard %d is not a node of the graph", i);
    if (options->share && options->share->dtype != options->dtype)
        return cg_fail(error, CG_EUSAGE, "the program to share with has another precision");

    cg_program *p = cg_alloc(1, sizeof *p);
    cg_node **all = cg_alloc((size_t)(n + options->n_guards) + 1, sizeof *all);
    cg_status status = CG_ENOMEM;
    if (p && all) {
        p->dtype = options->dtype;
        p->pool = options->pool;
        p->budget = options->budget;
        if (n) memcpy(all, outputs, (size_t)n * sizeof *all);
        if (options->n_guards)
            memcpy(all + n, options->guards, (size_t)options->n_guards * sizeof *all);
        status = build(p, graph, n, all, options, error);
    } else {
        nomem(error);
    }
    cg_release(all);
    if (status != CG_OK) {
        cg_program_free(p);
        return status;
    }
    *program = p;
    return CG_OK;
}
