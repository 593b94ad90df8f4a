/* Finding slices: each stage joins the one before it if it can, or may begin anew. */
#include "engine/slice.h"

#include "base/memory.h"
#include "graph/graph.h"

/* Have the inputs asked about the planes of y?  One with a number for each channel has not. */
static bool have_planes(const cg_node *node, const bool inputs[])
{
    const int64_t *y = node->shape.dim;
    for (int i = 0; i < node->n_x; i++) {
        const cg_shape *x = &node->x[i]->shape;
        if (inputs[i] && (x->rank < 2 || x->dim[0] != y[0] || x->dim[1] != y[1])) return false;
    }
    return true;
}

/* Of what the stages of a slice make of a row: a part of the second-level cache.  More of it would
 * not be found there again, and all of a slice's values are in memory at the same time. */
enum { ROW_BYTES = 1 << 20 };

bool cg_reads_rows(const cg_node *node, const bool inputs[])
{
    cg_planes planes = node->op->planes ? node->op->planes(node) : CG_PLANES_CROSSED;
    if (planes == CG_PLANES_ROWS) return true;
    if (planes == CG_PLANES_ALONE) return have_planes(node, inputs);
    return node->op->flow && node->op->flow(node, inputs) == CG_FLOW_ALONG;
}

/* The value that a view shows, or NULL where the view does not keep the rows. */
static const cg_node *seen_through(const cg_node *node, int64_t rows)
{
    while (node->op && (node->op->traits & CG_VIEW)) {
        if (node->shape.rank < 1 || node->shape.dim[0] != rows) return NULL;
        node = node->x[0];
    }
    return node;
}

static bool is_inside(const cg_node *value, const int of[], int index)
{
    while (value->op && (value->op->traits & CG_VIEW)) value = value->x[0];
    return of[value->id] == index;
}

/* Do its items go through the rows of y in order? */
static bool has_rows(const cg_node *node, cg_tier tier, int64_t rows)
{
    const cg_op *op = node->op;
    if (!op->forward[tier] || node->shape.rank < 2 || node->shape.dim[0] != rows) return false;
    if (op->planes && op->planes(node) != CG_PLANES_CROSSED)
        return !op->items || op->items(node) % rows == 0;
    return (op->traits & CG_ELEMENTWISE) && !op->items;
}

/* May the node be computed row by row, given what the slice has computed so far? */
static bool can_join(const cg_node *node, cg_tier tier, int64_t rows, const int of[], int index)
{
    bool inside[CG_MAX_INPUTS] = { false }, any = false;
    if (!has_rows(node, tier, rows) || node->n_x > CG_MAX_INPUTS) return false;
    for (int i = 0; i < node->n_x; i++) {
        inside[i] = is_inside(node->x[i], of, index);
        any = any || inside[i];
        if (inside[i] && !seen_through(node->x[i], rows)) return false;
    }
    return !any || cg_reads_rows(node, inside);
}

/* The last node of the stage that begins with node id. */
static int end_of_stage(const int stretch_of[], const cg_stretch stretches[], int id)
{
    return stretch_of[id] >= 0 ? stretches[stretch_of[id]].last : id;
}

/* Notes the nodes of a stage as those of slice `index`, if all of them can join it. */
static bool join(const cg_graph *graph, cg_tier tier, int64_t rows, int first, int last, int of[],
                 int index)
{
    bool can = rows > 1;
    int id = first;
    for (; id <= last && can; id++) {
        const cg_node *node = graph->node[id];
        if (!node->op || (node->op->traits & CG_VIEW)) continue;
        can = can_join(node, tier, rows, of, index);
        if (can) of[id] = index;
    }
    for (int i = first; i < id && !can; i++) of[i] = -1;
    return can;
}

/* Bytes that a row of the stages' values takes. */
static int64_t bytes_of_row(const cg_graph *graph, int first, int last, int64_t rows)
{
    int64_t n = 0;
    for (int id = first; id <= last && rows > 0; id++) {
        const cg_node *node = graph->node[id];
        if (node->op && !(node->op->traits & CG_VIEW)) n += cg_shape_size(&node->shape) / rows;
    }
    return n * (int64_t)sizeof(float);
}

int cg_slices(cg_batch_slice **slices, int of[], const cg_graph *graph, cg_tier tier,
              const int stretch_of[], const cg_stretch stretches[], const bool ends[])
{
    cg_batch_slice *list = cg_alloc((size_t)graph->n_nodes + 1, sizeof *list);
    int n = 0, n_stages = 0; /* of the slice being made */
    int64_t bytes = 0;       /* of a row of its values */
    *slices = list;
    if (!list) return -1;
    for (int id = 0; id < graph->n_nodes; id++) of[id] = -1;
    for (int id = 0, last; id < graph->n_nodes; id = last + 1) {
        const cg_node *node = graph->node[id];
        last = id;
        if (!node->op || (node->op->traits & CG_VIEW)) continue;
        last = end_of_stage(stretch_of, stretches, id);
        int64_t rows = node->shape.rank >= 2 ? node->shape.dim[0] : 0;
        int64_t more = bytes_of_row(graph, id, last, rows);
        if (n_stages > 0 && bytes + more <= ROW_BYTES &&
            join(graph, tier, list[n].rows, id, last, of, n)) {
            list[n].last = last;
            n_stages++;
            bytes += more;
        } else {
            n += n_stages > 0;
            n_stages = join(graph, tier, rows, id, last, of, n);
            list[n] = (cg_batch_slice){ .first = id, .last = last, .rows = rows };
            bytes = more;
        }
        if (ends[last] && n_stages > 0) {
            n++;
            n_stages = 0;
        }
    }
    return n + (n_stages > 0);
}
