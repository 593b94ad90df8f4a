/* From nodes to calls: what runs, on which memory, in which pieces. */
#include "engine/program.h"

#include "base/error.h"
#include "base/pool.h"
#include "graph/graph.h"

enum {
    CHUNK_COST = 1 << 16, /* a chunk is worth waking a thread for */
    MAX_CHUNKS = 64,
};

static cg_status nomem(cg_error *error)
{
    return cg_fail_nomem(error, "a program");
}

static int64_t aligned(int64_t bytes)
{
    return (bytes + CG_ALIGN - 1) / CG_ALIGN * CG_ALIGN;
}

static int64_t flops_of(const cg_node *node)
{
    return node->op->flops ? node->op->flops(node) : cg_shape_size(&node->shape);
}

/* Moving an element takes as long as some operations do. */
static int64_t cost_of(const cg_node *node)
{
    return flops_of(node) + 4 * cg_shape_size(&node->shape);
}

static int64_t chunks_for(int64_t cost, int64_t most)
{
    int64_t n = cost / CHUNK_COST + 1;
    if (n > MAX_CHUNKS) n = MAX_CHUNKS;
    return n < most ? n : most;
}

/* Cuts the items of a step into chunks by shape and cost alone, so that a sum's order and hence
 * its bits do not depend on the number of threads. */
static void cut(cg_step *step)
{
    const cg_node *node = step->node;
    step->items = node->op->items ? node->op->items(node) : cg_shape_size(&node->shape);
    int64_t n = chunks_for(cost_of(node), step->items);
    int64_t grain = node->op->grain ? node->op->grain(node) : 1;
    step->grain = n > 0 ? (step->items + n - 1) / n : 1;
    step->grain = (step->grain + grain - 1) / grain * grain;
    step->n_chunks = (step->items + step->grain - 1) / step->grain;
}

static cg_status bind(cg_program *p, cg_step *step, cg_error *error)
{
    const cg_node *node = step->node;
    size_t n = (size_t)node->n_x + 1;
    const cg_shape **xs = cg_arena_alloc(p->lists, n, sizeof *xs);
    const void **x = cg_arena_alloc(p->lists, n, sizeof *x);
    const double **wide = cg_arena_alloc(p->lists, n, sizeof *wide);
    if (!xs || !x || !wide) return nomem(error);
    for (int i = 0; i < node->n_x; i++) {
        xs[i] = &node->x[i]->shape;
        x[i] = p->data[node->x[i]->id];
        wide[i] = p->data[node->x[i]->id];
    }
    void *y = p->data[node->id];
    step->call = (cg_call){ .attrs = node->attrs,
                            .n_x = node->n_x,
                            .xs = xs,
                            .x = (const float *const *)x,
                            .ys = &node->shape,
                            .y = y };
    step->reference = (cg_ref_call){ .attrs = node->attrs,
                                     .n_x = node->n_x,
                                     .xs = xs,
                                     .x = wide,
                                     .ys = &node->shape,
                                     .y = y,
                                     .branches = &p->branches };
    return CG_OK;
}

/* ---- stretches ------------------------------------------------------------------------------ */

/* How far apart the planes of an operand lie that broadcasts to y as in NumPy: 0 along an axis that
 * it lacks, or has once. */
static void broadcast_sizes(const cg_shape *x, const cg_shape *y, cg_operand *operand)
{
    int lead = y->rank - x->rank;
    int64_t inner = 1;
    for (int i = y->rank - 1; i > 1; i--) inner *= i >= lead ? x->dim[i - lead] : 1;
    int64_t planes = lead <= 1 ? x->dim[1 - lead] : 1, rows = lead == 0 ? x->dim[0] : 1;
    operand->plane_size = planes == 1 ? 0 : inner;
    operand->row_size = rows == 1 ? 0 : inner; /* planes is 1 then, or y has as many */
    operand->is_one = inner == 1;
}

/* Do the first two axes of x meet those of y?  Broadcasting aligns the last ones. */
static bool shares_planes(const cg_node *node, const cg_shape *x, const cg_shape *y)
{
    if ((node->op->traits & CG_ELEMENTWISE) && x->rank != y->rank) return false;
    return x->rank >= 2 && x->dim[0] == y->dim[0] && x->dim[1] == y->dim[1];
}

/* Where `value`, the result of node or an input, lies. */
static cg_operand operand_of(const cg_program *p, const cg_stretch *stretch, const cg_node *node,
                             const cg_node *value)
{
    const cg_slot *slot = &p->slot[p->slot[value->id].root];
    const cg_shape *x = &value->shape, *y = &node->shape;
    cg_operand o = { .base = p->data[value->id], .offset = slot->offset };
    if (y->rank < 2) {
        o.plane_size = cg_shape_size(x) == 1 ? 0 : 1;
    } else if (shares_planes(node, x, y)) {
        o.plane_size = cg_plane_size(stretch, x);
        o.row_size = o.plane_size * stretch->planes;
        o.is_one = o.plane_size == 1;
    } else {
        broadcast_sizes(x, y, &o);
    }
    return o;
}

/* Has x one number for each channel of what node computes plane by plane?  With a single row, a
 * vector of channels counts as many planes as the stretch, but has no row to find them in. */
static bool is_per_channel(const cg_stretch *stretch, const cg_node *node, const cg_node *x)
{
    if (node->op->traits & CG_ELEMENTWISE) return false;
    return x->shape.rank < 2 || !cg_has_planes(stretch, x);
}

static cg_status bind_operands(cg_program *p, const cg_stretch *stretch, cg_step *step,
                               cg_error *error)
{
    const cg_node *node = step->node;
    step->operand = cg_arena_alloc(p->lists, (size_t)node->n_x + 1, sizeof *step->operand);
    if (!step->operand) return nomem(error);
    step->operand[0] = operand_of(p, stretch, node, node);
    for (int i = 0; i < node->n_x; i++) {
        step->operand[i + 1] = operand_of(p, stretch, node, node->x[i]);
        if (is_per_channel(stretch, node, node->x[i])) {
            step->operand[i + 1].plane_size = 1;
            step->operand[i + 1].row_size = 0;
        }
    }
    return CG_OK;
}

/* Does the step work element by element on large planes, which can be cut anywhere, with operands
 * that have one element for each or one for all of them? */
static bool runs_in_pieces(const cg_stretch *stretch, const cg_step *step)
{
    const cg_node *node = step->node;
    int64_t size = cg_plane_size(stretch, &node->shape);
    if (!(node->op->traits & CG_ELEMENTWISE) || stretch->part != 1 || size <= CG_PIECE)
        return false;
    for (int i = 0; i < node->n_x; i++) {
        const cg_operand *o = &step->operand[i + 1];
        if (!o->is_one && o->plane_size != size) return false;
    }
    return true;
}

/* Steps from i on that run in pieces together. */
static void find_pieces(cg_stage *stage)
{
    int first = stage->stretch->has_head ? 1 : 0;
    for (int i = stage->n_steps - 1; i >= first; i--) {
        cg_step *step = &stage->step[i];
        bool has_next = i + 1 < stage->n_steps;
        if (runs_in_pieces(stage->stretch, step))
            step->n_pieces = has_next ? step[1].n_pieces + 1 : 1;
    }
}

/* ---- stages --------------------------------------------------------------------------------- */

/* Neither the groups nor the chunks of a stretch have a say in any element's bits. */
static cg_status make_stage(cg_program *p, cg_stage *stage, cg_error *error)
{
    int index = p->stretch_of[stage->step->node->id];
    int64_t cost = 0;
    for (int i = 0; i < stage->n_steps; i++) {
        stage->flops += flops_of(stage->step[i].node);
        cost += cost_of(stage->step[i].node);
    }
    if (stage->n_steps == 1) return CG_OK;
    stage->stretch = &p->stretch[index];
    const cg_stretch *stretch = stage->stretch;
    stage->groups_a_row = (stretch->planes + stretch->group - 1) / stretch->group;
    int64_t rows = stretch->group > stretch->planes ? stretch->group / stretch->planes : 1;
    stage->n_groups = stage->groups_a_row * ((stretch->rows + rows - 1) / rows);
    for (int i = 0; i < stage->n_steps; i++)
        CG_TRY(bind_operands(p, stage->stretch, &stage->step[i], error));
    find_pieces(stage);
    int64_t n = chunks_for(cost, stage->n_groups);
    stage->grain = (stage->n_groups + n - 1) / n;
    stage->n_chunks = (stage->n_groups + stage->grain - 1) / stage->grain;
    return CG_OK;
}

static cg_status make_stages(cg_program *p, cg_error *error)
{
    p->stage = cg_alloc((size_t)p->n_steps + 1, sizeof *p->stage);
    if (!p->stage) return nomem(error);
    for (int i = 0; i < p->n_steps; i += p->stage[p->n_stages++].n_steps) {
        cg_stage *stage = &p->stage[p->n_stages];
        int index = p->stretch_of[p->step[i].node->id];
        stage->step = &p->step[i];
        stage->n_steps = 1;
        while (index >= 0 && i + stage->n_steps < p->n_steps &&
               p->stretch_of[p->step[i + stage->n_steps].node->id] == index)
            stage->n_steps++;
        CG_TRY(make_stage(p, stage, error));
    }
    return CG_OK;
}

/* ---- slices --------------------------------------------------------------------------------- */

/* Rows are few: with some more threads than rows, or a remainder, stages by themselves share the
 * work out better. */
static bool suits_threads(const cg_program *p, int64_t rows)
{
    int64_t threads = p->pool ? cg_pool_threads(p->pool) : 1;
    return rows % threads == 0 || rows >= 4 * threads;
}

static cg_status make_sections(cg_program *p, cg_error *error)
{
    p->section = cg_alloc((size_t)p->n_stages + 1, sizeof *p->section);
    if (!p->section) return nomem(error);
    for (int i = 0; i < p->n_stages; i += p->section[p->n_sections++].n_stages) {
        cg_section *section = &p->section[p->n_sections];
        int slice = p->slice_of[p->stage[i].step->node->id], n = 1;
        while (slice >= 0 && i + n < p->n_stages &&
               p->slice_of[p->stage[i + n].step->node->id] == slice)
            n++;
        *section = (cg_section){ .stage = &p->stage[i], .n_stages = n };
        if (section->stage->step->node->id <= p->prologue) p->n_prologue++;
        if (n > 1 && suits_threads(p, p->slice[slice].rows)) section->rows = p->slice[slice].rows;
    }
    return CG_OK;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static int64_t elements_of_call(const cg_node *node)
{
    int64_t n = cg_shape_size(&node->shape);
    for (int i = 0; i < node->n_x; i++) n += cg_shape_size(&node->x[i]->shape);
    return n;
}

static cg_status make_scratch(cg_program *p, int64_t widest, cg_error *error)
{
    p->tile_bytes = aligned(p->tile_bytes);
    p->scratch_stride = p->tile_bytes + aligned(p->scratch_stride);
    p->scratch_bytes = p->scratch_stride * (p->pool ? cg_pool_threads(p->pool) : 1);
    CG_TRY(cg_program_take(p, "the threads' own memory",
                           p->scratch_bytes + widest * (int64_t)sizeof *p->wide, error));
    p->scratch = cg_alloc_aligned((size_t)p->scratch_bytes + CG_ALIGN, 1);
    if (widest) p->wide = cg_alloc((size_t)widest, sizeof *p->wide);
    return p->scratch && (p->wide || !widest) ? CG_OK : nomem(error);
}

static int64_t prepared_bytes(const cg_program *p, const cg_step *step)
{
    const cg_node *node = step->node;
    bool can = p->is_stale && node->id > p->prologue && node->op->prepared && step->kernel;
    for (int i = 1; i < node->n_x; i++) can = can && p->settled[node->x[i]->id];
    return can ? aligned((int64_t)node->op->prepared(node)) : 0;
}

/* Where kernels find what can be made of inputs that keep their values. */
static cg_status find_prepared(cg_program *p, cg_error *error)
{
    for (int i = 0; i < p->n_steps; i++) p->prepared_bytes += prepared_bytes(p, &p->step[i]);
    if (!p->prepared_bytes) return CG_OK;
    CG_TRY(cg_program_take(p, "weights in the kernels' form", p->prepared_bytes, error));
    p->prepared = cg_alloc_aligned((size_t)p->prepared_bytes, 1);
    if (!p->prepared) return nomem(error);
    char *at = p->prepared;
    for (int i = 0; i < p->n_steps; i++) {
        int64_t bytes = prepared_bytes(p, &p->step[i]);
        if (bytes) p->step[i].call.prepared = at;
        at += bytes;
    }
    return CG_OK;
}

cg_status cg_make_steps(cg_program *p, cg_error *error)
{
    int64_t widest = 0;
    p->lists = cg_arena_new();
    p->step = cg_alloc((size_t)p->graph->n_nodes + 1, sizeof *p->step);
    if (!p->lists || !p->step) return nomem(error);
    for (int id = 0; id < p->graph->n_nodes; id++) {
        const cg_node *node = p->graph->node[id];
        if (!node->op || (node->op->traits & CG_VIEW)) continue;
        cg_step *step = &p->step[p->n_steps++];
        step->node = node;
        step->kernel = node->op->forward[p->tier];
        CG_TRY(bind(p, step, error));
        if (id > p->prologue) p->flops += flops_of(node);
        cut(step);
        int64_t scratch =
            node->op->scratch && p->dtype == CG_F32 ? (int64_t)node->op->scratch(node) : 0;
        if (scratch > p->scratch_stride) p->scratch_stride = scratch;
        if (p->dtype == CG_F32 && !step->kernel && elements_of_call(node) > widest)
            widest = elements_of_call(node);
    }
    CG_TRY(find_prepared(p, error));
    CG_TRY(make_stages(p, error));
    CG_TRY(make_sections(p, error));
    return make_scratch(p, widest, error);
}
