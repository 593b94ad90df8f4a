/* Finding stretches: each step joins the one before it if it can, or begins anew. */
#include "engine/stretch.h"

#include "base/memory.h"
#include "graph/graph.h"
#include "kernels/sizes.h"

/* Bytes of a value that run through a stretch at once: a part of the second-level cache behind an
 * op that reads much else, of the first where there is nothing but elements. */
enum { GROUP_BYTES = 1 << 17, TILE_BYTES = CG_PIECE * (int)sizeof(float) };

static int64_t rows_of(const cg_shape *s)
{
    return s->rank >= 2 ? s->dim[0] : 1;
}

static int64_t planes_of(const cg_shape *s)
{
    return s->rank >= 2 ? s->dim[1] : cg_shape_size(s);
}

int64_t cg_plane_size(const cg_stretch *stretch, const cg_shape *shape)
{
    return cg_shape_size(shape) / (stretch->rows * stretch->planes);
}

static bool has_planes_of(const cg_stretch *stretch, const cg_shape *s)
{
    return rows_of(s) == stretch->rows && planes_of(s) == stretch->planes;
}

bool cg_has_planes(const cg_stretch *stretch, const cg_node *value)
{
    return has_planes_of(stretch, &value->shape);
}

static const cg_node *without_views(const cg_node *node)
{
    while (node->op && (node->op->traits & CG_VIEW)) node = node->x[0];
    return node;
}

/* Does element i of y need element i of each input alone, or the planes of it? */
static bool is_elementwise(const cg_node *node)
{
    return (node->op->traits & CG_ELEMENTWISE) && !(node->op->traits & CG_RANDOM) &&
           !node->op->items;
}

static bool is_planewise(const cg_node *node)
{
    return node->op->planes && node->op->planes(node) == CG_PLANES_ALONE;
}

static bool can_join(const cg_stretch *stretch, const int of[], int index, const cg_node *node)
{
    if ((!is_elementwise(node) && !is_planewise(node)) || !has_planes_of(stretch, &node->shape))
        return false;
    for (int i = 0; i < node->n_x; i++) {
        const cg_shape *s = &node->x[i]->shape;
        const cg_node *value = without_views(node->x[i]);
        bool is_inside = of[value->id] == index, is_whole = has_planes_of(stretch, s);
        if (is_inside && !is_whole) return false;
        if (is_planewise(node) && !is_whole && cg_shape_size(s) != stretch->planes) return false;
        if (is_inside && !has_planes_of(stretch, &value->shape)) return false;
        if (is_elementwise(node) && is_inside && !cg_shape_equal(s, &node->shape)) return false;
    }
    return true;
}

static bool can_begin(const cg_node *node)
{
    if (cg_shape_size(&node->shape) < 2) return false;
    return is_elementwise(node) ||
           (node->op->planes && node->op->planes(node) >= CG_PLANES_WRITTEN);
}

/* Elements of the largest planes that run through it. */
static int64_t largest_plane(const cg_stretch *stretch, const int of[], int index,
                             const cg_graph *graph)
{
    int64_t most = 1;
    for (int id = stretch->first; id <= stretch->last; id++) {
        const cg_node *node = graph->node[id];
        if (of[id] != index) continue;
        for (int i = -1; i < node->n_x; i++) {
            const cg_shape *s = i < 0 ? &node->shape : &node->x[i]->shape;
            if (has_planes_of(stretch, s) && cg_plane_size(stretch, s) > most)
                most = cg_plane_size(stretch, s);
        }
    }
    return most;
}

/* As many planes as the cache has room for, in equal parts of a row, and as the head likes them. */
static int64_t planes_at_once(const cg_stretch *stretch, const cg_node *head, int64_t n)
{
    int64_t grain = head->op->grain ? head->op->grain(head) : 1, planes = stretch->planes;
    if (n >= planes) { /* whole rows; of a head one, for it has more to do than what it writes */
        int64_t rows = n / planes < stretch->rows ? n / planes : stretch->rows;
        return (stretch->has_head ? 1 : rows) * planes;
    }
    if (n < grain) n = grain;
    int64_t parts = (planes + n - 1) / n;
    if (stretch->rows > 1 || stretch->has_head) n = (planes + parts - 1) / parts;
    n = cg_round_up(n, grain);
    return n < planes ? n : planes;
}

static void choose_group(cg_stretch *stretch, const int of[], int index, const cg_graph *graph)
{
    int64_t bytes = (int64_t)sizeof(float) * largest_plane(stretch, of, index, graph);
    int64_t most = stretch->has_head ? GROUP_BYTES : TILE_BYTES;
    stretch->group = stretch->part =
        planes_at_once(stretch, graph->node[stretch->first], most / bytes);
    if (!stretch->has_head) return;
    stretch->part = bytes < TILE_BYTES ? TILE_BYTES / bytes : 1;
    if (stretch->part > stretch->group) stretch->part = stretch->group;
}

int cg_stretches(cg_stretch **stretches, int of[], const cg_graph *graph, cg_tier tier,
                 const bool ends[])
{
    cg_stretch *list = cg_alloc((size_t)graph->n_nodes + 1, sizeof *list);
    int n = 0;
    bool open = false;
    *stretches = list;
    if (!list) return -1;
    for (int id = 0; id < graph->n_nodes; id++) {
        const cg_node *node = graph->node[id];
        of[id] = -1;
        if (!node->op || (node->op->traits & CG_VIEW)) continue;
        if (!node->op->forward[tier]) {
            open = false;
            continue;
        }
        if (open && can_join(&list[n - 1], of, n - 1, node)) {
            list[n - 1].last = id;
        } else if ((open = can_begin(node))) {
            bool has_head = !is_elementwise(node) && !is_planewise(node);
            list[n++] = (cg_stretch){ .first = id,
                                      .last = id,
                                      .rows = rows_of(&node->shape),
                                      .planes = planes_of(&node->shape),
                                      .has_head = has_head };
        }
        if (open) of[id] = n - 1;
        if (ends[id]) open = false;
    }
    for (int i = 0; i < n; i++) choose_group(&list[i], of, i, graph);
    return n;
}
