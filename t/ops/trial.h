/* A trial: an op recorded on inputs of given shapes, values drawn for it as op.h says, and what its
 * reference and its kernels make of them. */
#ifndef TRIAL_H
#define TRIAL_H

#include <cnngraph/graph.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const cg_op *op;
    cg_graph *graph;
    const cg_node *node; /* NULL where the op does not take these shapes */
    int n_x;
    const cg_shape *xs[CG_MAX_INPUTS];
    double *x[CG_MAX_INPUTS];
    double *y;
    int64_t n_y;
} trial;

static inline void *trial_alloc(size_t n, size_t size)
{
    void *p = cg_alloc_aligned(n ? n : 1, size);
    if (!p) {
        puts("Bail out! out of memory");
        exit(1);
    }
    return p;
}

/* Exactly as long as it says, so that a sanitizer sees a kernel that goes further. */
static inline float *trial_floats(int64_t n)
{
    float *p = cg_alloc((size_t)n, sizeof *p);
    if (p) return p;
    puts("Bail out! out of memory");
    exit(1);
}

static inline trial trial_new(const cg_op *op, const void *attrs, int n_x, const cg_shape x[])
{
    trial t = { .op = op, .graph = cg_graph_new(), .n_x = n_x };
    cg_node *input[CG_MAX_INPUTS];
    for (int i = 0; i < n_x; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%d", i);
        input[i] = cg_input(t.graph, name, x[i]);
    }
    t.node = cg_record(t.graph, op, attrs, n_x, input);
    if (!t.node) return t;
    for (int i = 0; i < n_x; i++) {
        t.xs[i] = cg_node_shape(input[i]);
        t.x[i] = trial_alloc((size_t)cg_shape_size(t.xs[i]), sizeof(double));
    }
    t.n_y = cg_shape_size(cg_node_shape(t.node));
    t.y = trial_alloc((size_t)t.n_y, sizeof(double));
    return t;
}

static inline void trial_free(trial *t)
{
    for (int i = 0; i < t->n_x; i++) cg_release(t->x[i]);
    cg_release(t->y);
    cg_graph_free(t->graph);
}

/* Distinct values of one grid over all inputs, none of them 0, in random order, rounded to float so
 * that both precisions see the same. */
static inline void trial_draw(trial *t, const cg_sample *sample, cg_rng *rng)
{
    bool is_default = sample->low == 0 && sample->high == 0;
    double low = is_default ? -1 : sample->low, high = is_default ? 1 : sample->high;
    int64_t n = 0, used = 0;
    for (int i = 0; i < t->n_x; i++) n += cg_shape_size(t->xs[i]);
    int64_t *place = trial_alloc((size_t)n, sizeof *place);
    for (int64_t i = 0; i < n; i++) place[i] = i;
    cg_rng_shuffle(rng, n, place);
    for (int i = 0; i < t->n_x; i++) {
        uint64_t below = sample->below > 0 ? (uint64_t)sample->below : 2;
        bool is_whole = (t->op->fixed >> i & 1) && sample->below != -1;
        for (int64_t j = 0; j < cg_shape_size(t->xs[i]); j++)
            t->x[i][j] =
                is_whole ? (double)cg_rng_below(rng, below)
                         : (float)(low + (high - low) * ((double)place[used++] + 0.25) / (double)n);
    }
    cg_release(place);
}

enum { TRIAL_SEED = 7, TRIAL_STEP = 3 };

static inline void trial_reference(const trial *t)
{
    const double *x[CG_MAX_INPUTS];
    for (int i = 0; i < t->n_x; i++) x[i] = t->x[i];
    t->op->reference(&(cg_ref_call){ .attrs = cg_node_attrs(t->node),
                                     .n_x = t->n_x,
                                     .xs = t->xs,
                                     .x = x,
                                     .ys = cg_node_shape(t->node),
                                     .y = t->y,
                                     .seed = TRIAL_SEED,
                                     .step = TRIAL_STEP });
}

/* Runs the kernel of a tier, `chunk` items at a call (0: all at once), and returns y, to be
 * released; what no call wrote is NaN. */
static inline float *trial_kernel(const trial *t, cg_tier tier, int64_t chunk)
{
    float *copy[CG_MAX_INPUTS];
    const float *x[CG_MAX_INPUTS];
    for (int i = 0; i < t->n_x; i++) {
        int64_t n = cg_shape_size(t->xs[i]);
        x[i] = copy[i] = trial_floats(n);
        for (int64_t j = 0; j < n; j++) copy[i][j] = (float)t->x[i][j];
    }
    float *y = trial_floats(t->n_y);
    for (int64_t i = 0; i < t->n_y; i++) y[i] = NAN;
    void *scratch = trial_alloc(t->op->scratch ? t->op->scratch(t->node) : 1, 1);
    cg_call call = { .attrs = cg_node_attrs(t->node),
                     .n_x = t->n_x,
                     .xs = t->xs,
                     .x = x,
                     .ys = cg_node_shape(t->node),
                     .y = y,
                     .scratch = scratch,
                     .seed = TRIAL_SEED,
                     .step = TRIAL_STEP };
    int64_t items = t->op->items ? t->op->items(t->node) : t->n_y;
    if (chunk == 0) chunk = items;
    for (int64_t i = 0; i < items; i += chunk)
        t->op->forward[tier](&call, i, i + chunk < items ? i + chunk : items);
    for (int i = 0; i < t->n_x; i++) cg_release(copy[i]);
    cg_release(scratch);
    return y;
}

static inline double trial_largest(double scale, const double *v, int64_t n)
{
    for (int64_t i = 0; i < n; i++) scale = fmax(scale, fabs(v[i]));
    return scale;
}

/* What rounding errors are measured by: the largest magnitude among inputs and output and, as sums
 * may cancel, for a linear op the largest sum of magnitudes, which is what it makes of |x|. */
static inline double trial_scale(trial *t)
{
    double scale = trial_largest(1e-30, t->y, t->n_y);
    for (int i = 0; i < t->n_x; i++) scale = trial_largest(scale, t->x[i], cg_shape_size(t->xs[i]));
    if (!(t->op->traits & CG_LINEAR)) return scale;
    trial magnitudes = *t;
    magnitudes.y = trial_alloc((size_t)t->n_y, sizeof(double));
    for (int i = 0; i < t->n_x; i++) {
        magnitudes.x[i] = trial_alloc((size_t)cg_shape_size(t->xs[i]), sizeof(double));
        for (int64_t j = 0; j < cg_shape_size(t->xs[i]); j++) magnitudes.x[i][j] = fabs(t->x[i][j]);
    }
    trial_reference(&magnitudes);
    scale = trial_largest(scale, magnitudes.y, t->n_y);
    for (int i = 0; i < t->n_x; i++) cg_release(magnitudes.x[i]);
    cg_release(magnitudes.y);
    return scale;
}

/* The worst |y - reference| on that scale; infinite for a NaN that the reference has not. */
static inline double trial_error(trial *t, const float *y)
{
    double scale = trial_scale(t), worst = 0;
    for (int64_t j = 0; j < t->n_y; j++) {
        double error = fabs((double)y[j] - t->y[j]) / scale;
        if (isnan(error)) error = isnan(t->y[j]) && isnan(y[j]) ? 0 : INFINITY;
        worst = fmax(worst, error);
    }
    return worst;
}

/* Do odd chunks of items give the very bits of all items at once? */
static inline bool trial_chunks_agree(const trial *t, cg_tier tier)
{
    static const int64_t chunks[] = { 1, 3, 7, 37 };
    float *whole = trial_kernel(t, tier, 0);
    bool agree = true;
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks && agree; i++) {
        float *y = trial_kernel(t, tier, chunks[i]);
        agree = memcmp(y, whole, (size_t)t->n_y * sizeof *y) == 0;
        cg_release(y);
    }
    cg_release(whole);
    return agree;
}

#endif
