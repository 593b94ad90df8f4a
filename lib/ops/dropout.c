/* Elements dropped at random, the rest scaled up so that the mean stays.
 *
 * N. Srivastava et al., "Dropout", JMLR 15 (2014), in the inverted form.  The mask is stored
 * nowhere: element i reads word i % 4 of the random block i / 4 of (seed, step, stream), whoever
 * computes it and however often, so the gradient draws the very same mask again. */
#include "ops/op_file.h"

#include "base/rng.h"

#include <math.h>

/* One item per element. */
CG_KERNEL(dropout_forward)
{
    const cg_dropout_attrs *a = c->attrs;
    uint64_t key = cg_stream_key(c->seed, "dropout", (uint64_t)a->stream);
    uint64_t threshold = (uint64_t)ceil(a->rate * 0x1p32); /* of a word below 2^32 */
    float scale = a->rate < 1 ? (float)(1 / (1 - a->rate)) : 0;
    for (int64_t i = begin; i < end;) {
        cg_philox block = cg_philox_block(key, c->step, (uint64_t)i / 4);
        for (int64_t k = i % 4; k < 4 && i < end; k++, i++)
            c->y[i] = block.word[k] >= threshold ? c->x[0][i] * scale : 0;
    }
}

#if CG_DESCRIBE

static const cg_attr attrs[] = {
    CG_REAL(cg_dropout_attrs, rate, 0, 0, 1, "probability of dropping an element; 0 drops none"),
    CG_INT(cg_dropout_attrs, stream, 0, 0, 1e15,
           "of random numbers; nodes of one stream share a mask"),
    CG_END_ATTRS,
};

/* Linear in x: the gradient goes through the same mask. */
static void vjp(cg_node *node, cg_node *dy, cg_node *dx[])
{
    const cg_dropout_attrs *a = cg_node_attrs(node);
    dx[0] = cg_dropout(dy, a->rate, a->stream);
}

/* The mask belongs to element numbers, which a cut of the batch would change. */
static cg_flow flow(const cg_node *node, const bool batched[])
{
    (void)node;
    return batched[0] ? CG_FLOW_MIXED : CG_FLOW_NONE;
}

/* Each element draws its block alone and compares a number in [0, 1) with the rate. */
static void reference(const cg_ref_call *c)
{
    const cg_dropout_attrs *a = c->attrs;
    for (int64_t i = 0, n = cg_shape_size(c->ys); i < n; i++) {
        uint64_t key = cg_stream_key(c->seed, "dropout", (uint64_t)a->stream);
        cg_philox block = cg_philox_block(key, c->step, (uint64_t)(i >> 2));
        double uniform = (double)block.word[i & 3] / 0x1p32;
        c->y[i] = uniform < a->rate ? 0 : c->x[0][i] / (1 - a->rate);
    }
}

static const cg_sample samples[] = {
    { .x = { CG_DIMS(3, 7) }, .n_x = 1, .attrs = &(cg_dropout_attrs){ 0.5, 1 } },
    { .x = { CG_DIMS(2, 3, 4, 4) }, .n_x = 1, .attrs = &(cg_dropout_attrs){ 0.2, 2 } },
    { .x = { CG_DIMS(13) }, .n_x = 1, .attrs = &(cg_dropout_attrs){ 0, 0 } },
    CG_END_SAMPLES,
};

const cg_op cg_op_dropout = {
    .name = "dropout",
    .formula = "y = x m / (1 - rate), m = 1 with probability 1 - rate, else 0",
    .help = "Srivastava et al. (2014), scaled in training so that evaluation leaves it out. The "
            "mask is "
            "drawn from (seed, step, stream, element).",
    .inputs = "x",
    .onnx = "Dropout",
    .traits = CG_RANDOM | CG_LINEAR,
    .attrs = attrs,
    .attrs_size = sizeof(cg_dropout_attrs),
    .shape = cg_shape_same,
    .vjp = vjp,
    .flow = flow,
    .forward = CG_TIERS(dropout_forward),
    .reference = reference,
    .samples = samples,
};

cg_node *cg_dropout(cg_node *x, double rate, int64_t stream)
{
    return cg_record1(&cg_op_dropout, &(cg_dropout_attrs){ rate, stream }, x);
}

#endif
