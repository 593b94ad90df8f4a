/* The memory plan: views and in-place results share memory, the rest is packed by lifetime. */
#include "engine/plan.h"

#include "engine/pass/pass.h"
#include "graph/graph.h"

#include <cnngraph/ops.h>

#include <stdlib.h>

typedef struct {
    const cg_graph *graph;
    cg_slot *slot;
    int *last_read; /* of a node by itself: -1, a node's id, or n_nodes */
    int *first;     /* of a root: the first node that writes to it */
    int *target;    /* of a node: the leaf that it becomes the new value of, or -1 */
    const cg_plan_options *options;
} plan;

static void find_reads(plan *p, int n, cg_node *const outputs[])
{
    const cg_graph *graph = p->graph;
    for (int v = 0; v < graph->n_nodes; v++) {
        p->last_read[v] = -1;
        p->first[v] = v;
        p->target[v] = -1;
        for (int i = 0; i < graph->node[v]->n_x; i++) p->last_read[graph->node[v]->x[i]->id] = v;
    }
    for (int i = 0; i < n; i++) p->last_read[outputs[i]->id] = graph->n_nodes;
    for (int i = 0; i < graph->n_updates; i++) {
        const cg_update_pair *u = &graph->update[i];
        if (p->target[u->value->id] < 0) p->target[u->value->id] = u->leaf->id;
        p->last_read[u->value->id] = graph->n_nodes; /* read when the run ends, by the update */
    }
}

/* Do two roots have memory in common?  The parameters lie in the slab. */
static bool overlap(const cg_graph *graph, int a, int b)
{
    cg_node_kind x = graph->node[a]->kind, y = graph->node[b]->kind;
    return a == b || (x == CG_NODE_SLAB && y == CG_NODE_PARAMETER) ||
           (x == CG_NODE_PARAMETER && y == CG_NODE_SLAB);
}

static int64_t bytes_of(const plan *p, int v)
{
    return cg_shape_size(&p->graph->node[v]->shape) * (int64_t)p->options->element;
}

/* Is x all that the memory of `root` holds?  Else its planes and rows lie elsewhere in it. */
static bool is_whole(const plan *p, const cg_node *x, int root)
{
    const cg_slot *slot = &p->slot[x->id];
    return slot->root == root && slot->within == 0 && bytes_of(p, x->id) == bytes_of(p, root);
}

/* Is every read that node makes of memory overlapping `root` one of the very element it writes? */
static bool reads_in_place(const plan *p, const cg_node *node, int root)
{
    for (int i = 0; i < node->n_x; i++) {
        if (!overlap(p->graph, p->slot[node->x[i]->id].root, root)) continue;
        if (!is_whole(p, node->x[i], root) || !(node->op->traits & CG_ELEMENTWISE) ||
            !cg_shape_equal(&node->x[i]->shape, &node->shape))
            return false;
    }
    return true;
}

static int stretch_of(const plan *p, int id)
{
    return p->options->stretch_of[id];
}

static int slice_of(const plan *p, int id)
{
    return p->options->slice_of[id];
}

/* Does node read of memory overlapping `root` only the row of the batch that it writes? */
static bool reads_rows(const plan *p, const cg_node *node, int root)
{
    bool is_read[CG_MAX_INPUTS] = { false }, any = false;
    for (int i = 0; i < node->n_x; i++) {
        if (!overlap(p->graph, p->slot[node->x[i]->id].root, root)) continue;
        if (i >= CG_MAX_INPUTS || !is_whole(p, node->x[i], root)) return false;
        any = is_read[i] = true;
    }
    return !any || cg_reads_rows(node, is_read);
}

/* A stretch runs planes of all its steps before the next planes, a slice rows: may node write over
 * `root` although the steps before it have yet to read other planes or rows of it? */
static bool order_allows(const plan *p, const cg_node *node, int root)
{
    int slice = slice_of(p, node->id), stretch = stretch_of(p, node->id);
    int first = slice >= 0     ? p->options->slices[slice].first
                : stretch >= 0 ? p->options->stretches[stretch].first
                               : node->id;
    for (int id = first; id < node->id; id++) {
        const cg_node *step = p->graph->node[id];
        if (!step->op || (step->op->traits & CG_VIEW)) continue;
        bool is_near = stretch >= 0 && stretch_of(p, id) == stretch;
        if (is_near ? !reads_in_place(p, step, root) : !reads_rows(p, step, root)) return false;
    }
    return true;
}

/* May node's value be written over the leaf that it updates, at once? */
static bool can_overwrite_target(const plan *p, const cg_node *node)
{
    int leaf = p->target[node->id], last = -1;
    if (leaf < 0 || p->options->keep_all || node->id <= p->options->settled) return false;
    for (int v = 0; v < p->graph->n_nodes; v++)
        if (!p->graph->node[v]->op && overlap(p->graph, v, leaf) && p->slot[v].last_use > last)
            last = p->slot[v].last_use;
    return last <= node->id && reads_in_place(p, node, leaf) && order_allows(p, node, leaf);
}

/* An input whose memory node may write its value over, or -1. */
static int dying_input(const plan *p, const cg_node *node)
{
    if (p->options->keep_all || !(node->op->traits & CG_ELEMENTWISE)) return -1;
    for (int i = 0; i < node->n_x; i++) {
        int root = p->slot[node->x[i]->id].root;
        if (p->graph->node[root]->op && p->slot[root].last_use <= node->id &&
            is_whole(p, node->x[i], root) && cg_shape_equal(&node->x[i]->shape, &node->shape) &&
            reads_in_place(p, node, root) && order_allows(p, node, root))
            return root;
    }
    return -1;
}

static int choose_root(const plan *p, const cg_node *node)
{
    if (!node->op) return node->id;
    if (node->op->traits & CG_VIEW) return p->slot[node->x[0]->id].root;
    if (can_overwrite_target(p, node)) return p->target[node->id];
    int root = dying_input(p, node);
    return root >= 0 ? root : node->id;
}

/* Notes what node writes over: it writes all of the root's memory. */
static void lose_earlier(plan *p, const cg_node *node, int root)
{
    if (root == node->id || (node->op->traits & CG_VIEW)) return;
    for (int v = 0; v < node->id; v++)
        if (p->slot[v].root == root) p->slot[v].is_lost = true;
}

/* A view begins where its input does; what is computed in place overwrites a whole root. */
static int64_t within_root(const cg_node *node, const cg_slot slots[], int root)
{
    bool is_view = node->op && (node->op->traits & CG_VIEW) && slots[node->x[0]->id].root == root;
    return is_view ? slots[node->x[0]->id].within : 0;
}

/* ---- joining -------------------------------------------------------------------------------- */

/* Is the result of a concat its inputs one behind the other? */
static bool joins_whole(const cg_node *node)
{
    if (!cg_is(node, "concat")) return false;
    const cg_axis_attrs *a = node->attrs;
    int64_t axis = a->axis < 0 ? a->axis + node->shape.rank : a->axis;
    for (int i = 0; i < axis; i++)
        if (node->shape.dim[i] != 1) return false;
    return true;
}

/* May the whole memory of root r, which holds input x, be a part of another's? */
static bool can_move(const plan *p, int r, const cg_node *x)
{
    return p->graph->node[r]->op && p->slot[r].root == r && is_whole(p, x, r);
}

/* Lets the inputs of a concat be computed where it would copy them to: gradients in the slab.  A
 * leaf that the result is written over is still in use then. */
static void join(plan *p, const cg_node *node)
{
    int64_t at = 0;
    int c = node->id;
    if (p->slot[c].root != c) return;
    for (int i = 0; i < node->n_x; at += bytes_of(p, node->x[i++]->id)) {
        int r = p->slot[node->x[i]->id].root;
        if (r == c || !can_move(p, r, node->x[i])) continue;
        for (int v = 0; v < c; v++) {
            if (p->slot[v].root != r) continue;
            p->slot[v].root = c;
            p->slot[v].within += at;
        }
        if (p->first[r] < p->first[c]) p->first[c] = p->first[r];
        if (p->slot[r].last_use > p->slot[c].last_use) p->slot[c].last_use = p->slot[r].last_use;
    }
}

/* ---- packing -------------------------------------------------------------------------------- */

typedef struct {
    int64_t bytes;
    int node, begin, end; /* the steps between which it lives; what runs together is one moment */
} buffer;

static int64_t aligned(int64_t bytes)
{
    return (bytes + CG_ALIGN - 1) / CG_ALIGN * CG_ALIGN;
}

/* The first and last node of all that runs at the same time as this one. */
static int moment_begin(const plan *p, int id)
{
    int slice = slice_of(p, id), stretch = stretch_of(p, id);
    if (slice >= 0) return p->options->slices[slice].first;
    return stretch >= 0 ? p->options->stretches[stretch].first : id;
}

static int moment_end(const plan *p, int id)
{
    if (id < 0 || id >= p->graph->n_nodes) return id;
    int slice = slice_of(p, id), stretch = stretch_of(p, id);
    if (slice >= 0) return p->options->slices[slice].last;
    return stretch >= 0 ? p->options->stretches[stretch].last : id;
}

static buffer buffer_of(const plan *p, int v)
{
    return (buffer){ aligned(bytes_of(p, v)), v, moment_begin(p, p->first[v]),
                     moment_end(p, p->slot[v].last_use) };
}

/* Is the memory made and last used within one stretch, behind its head? */
static bool is_passing(const plan *p, int v)
{
    int stretch = stretch_of(p, v), last = p->slot[v].last_use;
    if (stretch < 0 || last < 0 || last >= p->graph->n_nodes) return false;
    const cg_stretch *s = &p->options->stretches[stretch];
    return stretch_of(p, last) == stretch && p->first[v] >= s->first &&
           (!s->has_head || v != s->first);
}

static int by_size(const void *a, const void *b)
{
    const buffer *x = a, *y = b;
    if (x->bytes != y->bytes) return x->bytes < y->bytes ? 1 : -1;
    return x->node - y->node;
}

/* The lowest offset free of the buffers already placed that live at the same time; those are
 * visited in order of offset. */
static int64_t lowest_gap(const cg_slot slots[], const buffer *placed, int n, const buffer *b,
                          int order[])
{
    int n_order = 0;
    for (int i = 0; i < n; i++) {
        if (placed[i].end < b->begin || placed[i].begin > b->end) continue;
        int at = n_order++;
        for (; at > 0 && slots[placed[order[at - 1]].node].offset > slots[placed[i].node].offset;
             at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    int64_t begin = 0;
    for (int i = 0; i < n_order; i++) {
        int64_t offset = slots[placed[order[i]].node].offset, end = offset + placed[order[i]].bytes;
        if (offset - begin >= b->bytes) break;
        if (end > begin) begin = end;
    }
    return begin;
}

/* Room for the planes that a stretch works on; one value lies behind the other. */
static void put_in_tile(const plan *p, const buffer *b, int *stretch, int64_t *used, int64_t *bytes)
{
    int its = stretch_of(p, b->node);
    const cg_stretch *s = &p->options->stretches[its];
    if (its != *stretch) *used = 0;
    *stretch = its;
    p->slot[b->node].in_tile = true;
    p->slot[b->node].offset = *used;
    *used += aligned(s->part * cg_plane_size(s, &p->graph->node[b->node]->shape) *
                     (int64_t)p->options->element);
    if (*used > *bytes) *bytes = *used;
}

static void pack(const plan *p, buffer *buffers, int order[], int64_t *arena_bytes,
                 int64_t *tile_bytes)
{
    int n = 0, stretch = -1;
    int64_t used = 0;
    *arena_bytes = *tile_bytes = 0;
    for (int v = 0; v < p->graph->n_nodes; v++) {
        if (p->slot[v].root != v || !p->graph->node[v]->op) continue;
        buffer b = buffer_of(p, v);
        if (is_passing(p, v))
            put_in_tile(p, &b, &stretch, &used, tile_bytes);
        else
            buffers[n++] = b;
    }
    qsort(buffers, (size_t)n, sizeof *buffers,
          by_size); /* large first: O. Pisarchyk, J. Lee, 2020 */
    for (int i = 0; i < n; i++) {
        int64_t offset = lowest_gap(p->slot, buffers, i, &buffers[i], order);
        p->slot[buffers[i].node].offset = offset;
        if (offset + buffers[i].bytes > *arena_bytes) *arena_bytes = offset + buffers[i].bytes;
    }
}

bool cg_plan(cg_slot slots[], int64_t *arena_bytes, int64_t *tile_bytes, const cg_graph *graph,
             int n, cg_node *const outputs[], const cg_plan_options *options)
{
    size_t n_nodes = (size_t)graph->n_nodes;
    plan p = { .graph = graph, .slot = slots, .options = options };
    p.last_read = cg_alloc(n_nodes, sizeof *p.last_read);
    p.first = cg_alloc(n_nodes, sizeof *p.first);
    p.target = cg_alloc(n_nodes, sizeof *p.target);
    buffer *buffers = cg_alloc(n_nodes, sizeof *buffers);
    int *order = cg_alloc(n_nodes, sizeof *order);
    bool has_all = p.last_read && p.first && p.target && buffers && order;
    if (has_all) {
        find_reads(&p, n, outputs);
        for (int v = 0; v < graph->n_nodes; v++)
            slots[v] = (cg_slot){ .root = v,
                                  .last_use = options->keep_all || v <= options->prologue
                                                  ? graph->n_nodes
                                                  : p.last_read[v] };
        for (int v = 0; v < graph->n_nodes; v++) {
            int root = slots[v].root = choose_root(&p, graph->node[v]);
            lose_earlier(&p, graph->node[v], root);
            if (root != v) slots[v].within = within_root(graph->node[v], slots, root);
            if (slots[v].last_use > slots[root].last_use) slots[root].last_use = slots[v].last_use;
            if (joins_whole(graph->node[v]) && !options->keep_all) join(&p, graph->node[v]);
        }
        pack(&p, buffers, order, arena_bytes, tile_bytes);
    }
    cg_release(p.last_read);
    cg_release(p.first);
    cg_release(p.target);
    cg_release(buffers);
    cg_release(order);
    return has_all;
}
