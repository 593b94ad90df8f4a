/* Matrix product of the last two axes; the axes before them are the batch and broadcast. */
#include "ops/op_file.h"

#include "base/memory.h"

#include "kernels/gemm.h"
#include "kernels/gemv.h"
#include "kernels/lanes_dense.h"

/* A call seen as n_batch products of m x k by k x n. */
typedef struct {
    int64_t m, n, k;
    int64_t n_batch;  /* of y */
    int64_t by, size; /* items cut rows (by = m) or columns (by = n) into blocks of this size */
    int64_t blocks;   /* items of one product */
} layout;

enum { ROW_BLOCK = 56, COLUMN_BLOCK = 128 };

static int64_t batch_of(const cg_shape *shape)
{
    int64_t n = 1;
    for (int i = 0; i < shape->rank - 2; i++) n *= shape->dim[i];
    return n;
}

/* Rows are cut where there are more of them than columns, else columns: each thread packs the other
 * matrix whole, so that should be the smaller one.  One matrix for a batch of row-wise ones makes
 * one tall product. */
static layout layout_of(const cg_shape *a, const cg_shape *b, const cg_shape *y,
                        const cg_matmul_attrs *attrs)
{
    layout l = {
        .m = y->dim[y->rank - 2],
        .n = y->dim[y->rank - 1],
        .k = a->dim[a->rank - (attrs->transpose_a ? 2 : 1)],
        .n_batch = batch_of(y),
    };
    if (batch_of(b) == 1 && batch_of(a) == l.n_batch && !attrs->transpose_a) {
        l.m *= l.n_batch;
        l.n_batch = 1;
    }
    bool cut_rows = l.m >= l.n;
    l.by = cut_rows ? l.m : l.n;
    l.size = cut_rows ? ROW_BLOCK : COLUMN_BLOCK;
    l.blocks = (l.by + l.size - 1) / l.size;
    return l;
}

/* Which matrix of x goes into matrix `index` of y: x's batch axes of 1 repeat. */
static int64_t source(int64_t index, const cg_shape *x, const cg_shape *y)
{
    int64_t from = 0, step = 1;
    for (int i = 3; i <= y->rank; i++) {
        int64_t size = y->dim[y->rank - i], at = index % size;
        index /= size;
        if (i > x->rank) continue;
        int64_t own = x->dim[x->rank - i];
        from += (own == 1 ? 0 : at) * step;
        step *= own;
    }
    return from;
}

/* One matrix for many with 16 columns, as a dense layer has on images in the lanes. */
static bool is_lanes(const cg_shape *a, const cg_shape *b, const cg_matmul_attrs *attrs)
{
    return a->rank == 2 && b->rank == 3 && b->dim[2] == CG_LANE_IMAGES && !attrs->transpose_b;
}

static inline void multiply_lanes(const cg_call *c, int64_t begin, int64_t end)
{
    const bool is_turned = ((const cg_matmul_attrs *)c->attrs)->transpose_a != 0;
    const int64_t rows = c->ys->dim[1], depth = c->xs[1]->dim[1];
    const cg_lanes_product product = { .blocks = c->ys->dim[0],
                                       .rows = rows,
                                       .depth = depth,
                                       .w = c->x[0],
                                       .x = c->x[1],
                                       .row_step = is_turned ? 1 : depth,
                                       .depth_step = is_turned ? rows : 1,
                                       .x_block = depth * CG_LANE_IMAGES,
                                       .x_depth = CG_LANE_IMAGES,
                                       .y_block = rows * CG_LANE_IMAGES,
                                       .y_row = CG_LANE_IMAGES,
                                       .y = c->y };
    cg_lanes_dense(&product, begin, end);
}

/* One row times one matrix, as a dense layer has on one image. */
static bool is_vector(const cg_shape *a, const cg_shape *b)
{
    return a->rank == 2 && b->rank == 2 && a->dim[0] == 1 && a->dim[1] > 1;
}

static inline void multiply_vector(const cg_call *c, int64_t begin, int64_t end)
{
    const cg_matmul_attrs *attrs = c->attrs;
    const int64_t depth = c->xs[0]->dim[1], width = c->ys->dim[1];
    if (attrs->transpose_b)
        cg_gemv_rows(depth, c->x[0], c->x[1], c->y, begin, end);
    else
        cg_gemv_columns(depth, width, c->x[0], c->x[1], c->y, begin, end);
}

/* Columns [from, to) of a^T b where a and b have few rows, as in the weight gradient of a dense
 * layer: b is read where it lies, 16 columns at a time.  Returns the first column left to do. */
static inline int64_t multiply_outer(const layout *l, const float *a, const float *b, float *y,
                                     int64_t from, int64_t to)
{
    const int64_t groups = (to - from) / CG_LANE_IMAGES;
    const cg_lanes_product product = { .blocks = groups,
                                       .rows = l->m,
                                       .depth = l->k,
                                       .w = a,
                                       .x = b + from,
                                       .row_step = 1,
                                       .depth_step = l->m,
                                       .x_block = CG_LANE_IMAGES,
                                       .x_depth = l->n,
                                       .y_block = CG_LANE_IMAGES,
                                       .y_row = l->n,
                                       .y = y + from };
    cg_lanes_dense(&product, 0, l->m);
    return from + groups * CG_LANE_IMAGES;
}

static inline bool is_outer(const layout *l, const cg_matmul_attrs *attrs)
{
    enum { FEW = 256 };
    return attrs->transpose_a && !attrs->transpose_b && l->n_batch == 1 && l->k <= FEW &&
           l->size == COLUMN_BLOCK;
}

CG_KERNEL(matmul_forward)
{
    const cg_matmul_attrs *attrs = c->attrs;
    if (is_vector(c->xs[0], c->xs[1]) && !attrs->transpose_a) {
        multiply_vector(c, begin, end);
        return;
    }
    if (is_lanes(c->xs[0], c->xs[1], attrs)) {
        multiply_lanes(c, begin, end);
        return;
    }
    const layout l = layout_of(c->xs[0], c->xs[1], c->ys, attrs);
    while (begin < end) {
        int64_t batch = begin / l.blocks, first = begin % l.blocks;
        int64_t blocks = end - begin < l.blocks - first ? end - begin : l.blocks - first;
        int64_t from = first * l.size, to = from + blocks * l.size;
        if (to > l.by) to = l.by;
        begin += blocks;
        if (is_outer(&l, attrs)) from = multiply_outer(&l, c->x[0], c->x[1], c->y, from, to);
        if (from == to) continue;
        cg_matrix a = { .data = c->x[0] + source(batch, c->xs[0], c->ys) * l.m * l.k,
                        .stride = attrs->transpose_a ? 1 : l.k,
                        .k_stride = attrs->transpose_a ? l.m : 1 };
        cg_matrix b = { .data = c->x[1] + source(batch, c->xs[1], c->ys) * l.k * l.n,
                        .stride = attrs->transpose_b ? l.k : 1,
                        .k_stride = attrs->transpose_b ? 1 : l.n };
        cg_gemm_call call = {
            .m = l.m,
            .n = l.n,
            .k = l.k,
            .a = &a,
            .b = &b,
            .pack_a = cg_pack_strided,
            .pack_b = cg_pack_strided,
            .c = c->y + batch * l.m * l.n,
            .row_stride = l.n,
        };
        if (l.size == ROW_BLOCK) {
            call.i0 = from;
            call.m = to - from;
        } else {
            call.j0 = from;
            call.n = to - from;
        }
        cg_gemm(&call, c->scratch);
    }
}

#if CG_DESCRIBE

static layout layout_of_node(const cg_node *node)
{
    return layout_of(cg_node_shape(cg_node_input(node, 0)), cg_node_shape(cg_node_input(node, 1)),
                     cg_node_shape(node), cg_node_attrs(node));
}

static bool is_lanes_node(const cg_node *node)
{
    return is_lanes(cg_node_shape(cg_node_input(node, 0)), cg_node_shape(cg_node_input(node, 1)),
                    cg_node_attrs(node));
}

static bool is_vector_node(const cg_node *node)
{
    const cg_matmul_attrs *attrs = cg_node_attrs(node);
    return !attrs->transpose_a &&
           is_vector(cg_node_shape(cg_node_input(node, 0)), cg_node_shape(cg_node_input(node, 1)));
}

/* In the lanes: rows of all products at once; of a vector: its elements. */
static int64_t items(const cg_node *node)
{
    if (is_lanes_node(node) || is_vector_node(node)) return cg_node_shape(node)->dim[1];
    layout l = layout_of_node(node);
    return l.n_batch * l.blocks;
}

static int64_t grain(const cg_node *node)
{
    const cg_matmul_attrs *attrs = cg_node_attrs(node);
    if (is_lanes_node(node)) return CG_LANES_DENSE_GRAIN;
    if (!is_vector_node(node)) return 1;
    return attrs->transpose_b ? CG_GEMV_ROWS_GRAIN : CG_GEMV_COLUMNS_GRAIN;
}

static int64_t flops(const cg_node *node)
{
    layout l = layout_of_node(node);
    return cg_bounded_product(5, (int64_t[]){ 2, l.n_batch, l.m, l.n, l.k });
}

static size_t scratch(const cg_node *node)
{
    layout l = layout_of_node(node);
    return cg_gemm_scratch_bytes(l.m, l.n, l.k);
}

static cg_status shape(const cg_node *node, cg_shape *y, cg_error *error)
{
    const cg_matmul_attrs *attrs = cg_node_attrs(node);
    const cg_shape *a = cg_node_shape(cg_node_input(node, 0)),
                   *b = cg_node_shape(cg_node_input(node, 1));
    char a_text[CG_SHAPE_TEXT], b_text[CG_SHAPE_TEXT];
    cg_shape_text(a, a_text);
    cg_shape_text(b, b_text);
    if (a->rank < 2 || b->rank < 2)
        return cg_shape_fail(node, error, "a and b need at least 2 axes, found %s and %s", a_text,
                             b_text);
    const int64_t *a_end = a->dim + a->rank - 2, *b_end = b->dim + b->rank - 2;
    int64_t m = a_end[attrs->transpose_a ? 1 : 0], k = a_end[attrs->transpose_a ? 0 : 1];
    int64_t n = b_end[attrs->transpose_b ? 0 : 1], b_k = b_end[attrs->transpose_b ? 1 : 0];
    if (k != b_k)
        return cg_shape_fail(node, error, "a %s%s and b %s%s do not chain: %lld columns, %lld rows",
                             a_text, attrs->transpose_a ? " transposed" : "", b_text,
                             attrs->transpose_b ? " transposed" : "", (long long)k, (long long)b_k);
    *y = a->rank >= b->rank ? *a : *b;
    for (int i = 3; i <= y->rank; i++) {
        int64_t p = i <= a->rank ? a->dim[a->rank - i] : 1,
                q = i <= b->rank ? b->dim[b->rank - i] : 1;
        if (p != q && p != 1 && q != 1)
            return cg_shape_fail(node, error, "batch axes of %s and %s do not broadcast", a_text,
                                 b_text);
        y->dim[y->rank - i] = p == 1 ? q : p;
    }
    y->dim[y->rank - 2] = m;
    y->dim[y->rank - 1] = n;
    return CG_OK;
}

/* Each side's gradient is a product of the other side and dy, written so that it comes out in the
 * orientation of that side; batch axes that were repeated are summed. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    const cg_matmul_attrs *attrs = cg_node_attrs(node);
    cg_node *a = cg_node_input(node, 0), *b = cg_node_input(node, 1);
    bool ta = attrs->transpose_a, tb = attrs->transpose_b;
    if (cg_wants(node, 0)) dx[0] = ta ? cg_matmul(b, dy, tb, true) : cg_matmul(dy, b, false, !tb);
    if (cg_wants(node, 1)) dx[1] = tb ? cg_matmul(dy, a, true, ta) : cg_matmul(a, dy, !ta, false);
    for (int i = 0; i < 2; i++) {
        const cg_shape *x = cg_node_shape(cg_node_input(node, i));
        if (dx[i] && !cg_shape_equal(cg_node_shape(dx[i]), x)) dx[i] = cg_sum_to(dx[i], *x);
    }
}

/* Axis 0 of an operand without batch axes is its rows, which are y's rows for a, the sum for a
 * transposed with b. */
static cg_flow flow(const cg_node *node, const bool batched[])
{
    const cg_matmul_attrs *attrs = cg_node_attrs(node);
    const cg_shape *y = cg_node_shape(node);
    if (!batched[0] && !batched[1]) return CG_FLOW_NONE;
    if (y->rank == 2) {
        if (batched[0] && !batched[1] && !attrs->transpose_a) return CG_FLOW_ALONG;
        if (batched[0] && batched[1] && attrs->transpose_a && !attrs->transpose_b)
            return CG_FLOW_REDUCED;
        return CG_FLOW_MIXED;
    }
    for (int i = 0; i < 2; i++) {
        const cg_shape *x = cg_node_shape(cg_node_input(node, i));
        bool reaches = x->rank == y->rank && x->dim[0] == y->dim[0];
        bool repeats = x->rank < y->rank || x->dim[0] == 1;
        if (batched[i] ? !reaches : !repeats) return CG_FLOW_MIXED;
    }
    return CG_FLOW_ALONG;
}

/* Matrix `batch` of y comes from this one of x: both indices written digit by digit, axis by axis.
 */
static int64_t matrix_of(const cg_shape *x, const cg_shape *y, int64_t batch)
{
    int64_t digit[CG_MAX_RANK] = { 0 }, from = 0;
    for (int i = y->rank - 3; i >= 0; i--) {
        digit[i] = batch % y->dim[i];
        batch /= y->dim[i];
    }
    for (int i = 0; i < x->rank - 2; i++)
        from = from * x->dim[i] + (x->dim[i] == 1 ? 0 : digit[i + y->rank - x->rank]);
    return from;
}

static void reference(const cg_ref_call *c)
{
    const cg_matmul_attrs *attrs = c->attrs;
    const cg_shape *y = c->ys, *a = c->xs[0];
    int64_t m = y->dim[y->rank - 2], n = y->dim[y->rank - 1];
    int64_t k = a->dim[a->rank - (attrs->transpose_a ? 2 : 1)], n_batch = batch_of(y);
    for (int64_t batch = 0; batch < n_batch; batch++) {
        const double *left = c->x[0] + matrix_of(c->xs[0], y, batch) * m * k;
        const double *right = c->x[1] + matrix_of(c->xs[1], y, batch) * k * n;
        for (int64_t i = 0; i < m; i++)
            for (int64_t j = 0; j < n; j++) {
                double sum = 0;
                for (int64_t p = 0; p < k; p++)
                    sum += (attrs->transpose_a ? left[p * m + i] : left[i * k + p]) *
                           (attrs->transpose_b ? right[j * k + p] : right[p * n + j]);
                c->y[(batch * m + i) * n + j] = sum;
            }
    }
}

static const cg_attr attrs_table[] = {
    CG_BOOL(cg_matmul_attrs, transpose_a, "swap the last two axes of a"),
    CG_BOOL(cg_matmul_attrs, transpose_b, "swap the last two axes of b"),
    CG_END_ATTRS,
};

#define NN (&(const cg_matmul_attrs){ 0, 0 })
#define NT (&(const cg_matmul_attrs){ 0, 1 })
#define TN (&(const cg_matmul_attrs){ 1, 0 })
#define TT (&(const cg_matmul_attrs){ 1, 1 })
#define SAMPLE(a, b, transposes)                       \
    {                                                  \
        .x = { a, b }, .n_x = 2, .attrs = (transposes) \
    }
#define S(...) CG_DIMS(__VA_ARGS__)
static const cg_sample samples[] = {
    SAMPLE(S(1, 1), S(1, 1), NN),
    SAMPLE(S(2, 3), S(3, 4), NN),
    SAMPLE(S(2, 3), S(4, 3), NT),
    SAMPLE(S(3, 2), S(3, 4), TN),
    SAMPLE(S(3, 2), S(4, 3), TT),
    SAMPLE(S(1, 7), S(7, 5), NN),
    SAMPLE(S(5, 7), S(7, 1), NN),
    SAMPLE(S(4, 1), S(1, 6), NN),
    SAMPLE(S(1, 9), S(3, 9), NT),
    SAMPLE(S(15, 5), S(5, 33), NN),
    SAMPLE(S(7, 15), S(17, 7), TT),
    SAMPLE(S(3, 2, 4), S(4, 3), NN),
    SAMPLE(S(3, 4, 2), S(4, 3), TN),
    SAMPLE(S(3, 2, 4), S(3, 4, 2), NN),
    SAMPLE(S(2, 4), S(3, 4, 2), NN),
    SAMPLE(S(2, 3, 4), S(2, 5, 4), NT),
    SAMPLE(S(3, 2), S(1, 2, 16), NN),
    SAMPLE(S(2, 5), S(2, 2, 16), TN),
    SAMPLE(S(2, 1, 2, 3), S(3, 3, 2), NN),
    SAMPLE(S(1, 2, 2, 3), S(2, 1, 2, 3), NT),
    SAMPLE(S(2, 1, 3, 2), S(1, 2, 2, 3), TT),
    SAMPLE(S(1, 3, 2), S(2, 3, 4), TN),
    CG_END_SAMPLES,
};

const cg_op cg_op_matmul = {
    .name = "matmul",
    .formula = "y[.., i, j] = sum over k of a[.., i, k] b[.., k, j]",
    .help =
        "The last two axes are the matrices, either may be transposed first; the axes before them "
        "are the batch and broadcast.",
    .inputs = "a b",
    .onnx = "MatMul",
    .traits = CG_LINEAR,
    .attrs = attrs_table,
    .attrs_size = sizeof(cg_matmul_attrs),
    .shape = shape,
    .vjp = vjp,
    .flow = flow,
    .items = items,
    .grain = grain,
    .flops = flops,
    .scratch = scratch,
    .forward = CG_TIERS(matmul_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_matmul(cg_node *a, cg_node *b, bool transpose_a, bool transpose_b)
{
    return cg_record2(&cg_op_matmul, &(cg_matmul_attrs){ transpose_a, transpose_b }, a, b);
}

#endif
