/* Pooling to a size that is given: output i of P is over rows floor(i H / P) to ceil((i + 1) H / P)
 * of H, as PyTorch cuts them; windows overlap where P does not divide H.  x: N C H W. */
#include "nn/nn.h"

#include <cnngraph/ops.h>

typedef struct {
    int64_t size[2];
} keys;
static const cg_attr table[] = {
    CG_INTS(keys, size, 2, 0, 1, 1024, "height and width of the output"),
    { .name = NULL },
};

typedef struct {
    cg_node *(*windows)(cg_node *x, const cg_pool2d_attrs *attrs); /* all of one size   */
    cg_node *(*whole)(cg_node *x, int64_t axes, bool keep);        /* along one of them */
} pooling;
static const pooling mean = { cg_avg_pool2d, cg_mean }, largest = { cg_max_pool2d, cg_max };

/* Windows of several sizes: one by one. */
static cg_node *cut(cg_builder *b, const pooling *p, cg_node *x, int axis, int64_t n)
{
    const cg_shape *s = cg_node_shape(x);
    cg_node **part = cg_arena_alloc(b->arena, (size_t)n, sizeof(cg_node *));
    if (!part) {
        cg_graph_fail(b->graph, CG_ENOMEM, "out of memory recording %s", b->name);
        return NULL;
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t begin[CG_MAX_RANK] = { 0 }, end = ((i + 1) * s->dim[axis] + n - 1) / n;
        cg_shape size = *s;
        begin[axis] = i * s->dim[axis] / n;
        size.dim[axis] = end - begin[axis];
        part[i] = p->whole(cg_slice(x, begin, size, NULL), CG_AXIS(axis), true);
    }
    return cg_concat((int)n, part, axis);
}

/* One axis after the other, columns first: so the first of equal values is the same as in a search
 * row by row; and the mean of rows' means is that of all, for a window's rows are of one length. */
static cg_node *pool(cg_builder *b, const keys *a, cg_node *x, const pooling *p)
{
    if (!cg_layer_expects_rank(b, x, 4, "C x H x W")) return NULL;
    const cg_shape *s = cg_node_shape(x);
    const int64_t height = s->dim[2], width = s->dim[3];
    bool rows = height % a->size[0] == 0, columns = width % a->size[1] == 0;
    int64_t across = columns ? width / a->size[1] : 1, down = rows ? height / a->size[0] : 1;
    if (rows && columns) return p->windows(x, &(cg_pool2d_attrs){ .kernel = { down, across } });
    x = columns ? p->windows(x, &(cg_pool2d_attrs){ .kernel = { 1, across } })
                : cut(b, p, x, 3, a->size[1]);
    if (!x) return NULL;
    return rows ? p->windows(x, &(cg_pool2d_attrs){ .kernel = { down, 1 } })
                : cut(b, p, x, 2, a->size[0]);
}

static cg_node *adaptive_avgpool2d(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    return pool(b, attrs, x[0], &mean);
}

static cg_node *adaptive_maxpool2d(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    return pool(b, attrs, x[0], &largest);
}

const cg_layer cg_layer_adaptive_avgpool2d = {
    .name = "adaptive_avgpool2d",
    .help = "Means of windows that make an image of `size`.",
    .n_inputs = 1,
    .attrs = table,
    .attrs_size = sizeof(keys),
    .record = adaptive_avgpool2d,
};
const cg_layer cg_layer_adaptive_maxpool2d = {
    .name = "adaptive_maxpool2d",
    .help = "The largest values of windows that make an image of `size`.",
    .n_inputs = 1,
    .attrs = table,
    .attrs_size = sizeof(keys),
    .record = adaptive_maxpool2d,
};
