/* Stretches: steps that run together give the very bits that they give one after the other. */
#include "engine/program.h"

#include "base/rng.h"
#include "graph/graph.h"

#include <cnngraph/ops.h>

#include "../tap.h"

#include <string.h>

enum { MAX_VALUES = 24 };

static int64_t draw(cg_rng *rng, int64_t below)
{
    return (int64_t)cg_rng_below(rng, (uint64_t)below);
}

/* A shape that broadcasts to y: some axes 1, some leading axes missing. */
static cg_shape operand_shape(cg_rng *rng, const cg_shape *y)
{
    cg_shape s = *y;
    for (int i = 0; i < s.rank; i++)
        if (draw(rng, 3) == 0) s.dim[i] = 1;
    int cut = draw(rng, 3) == 0 ? (int)draw(rng, s.rank + 1) : 0;
    for (int i = cut; i < s.rank; i++) s.dim[i - cut] = s.dim[i];
    s.rank -= cut;
    return s;
}

/* A random graph of elementwise ops over y, some of their operands broadcast, with a pooling and
 * sums over planes here and there, a state that is updated in place and one that is read before. */
static cg_graph *random_graph(uint64_t seed, cg_node *outputs[3])
{
    cg_rng rng = cg_rng_new(seed, "graph", 0);
    cg_graph *g = cg_graph_new();
    cg_shape shapes[] = { CG_SHAPE(3, 4, 6, 5), CG_SHAPE(1, 7, 4, 4),   CG_SHAPE(5, 9),
                          CG_SHAPE(9001),       CG_SHAPE(2, 3, 70, 71), CG_SHAPE(1, 3, 71, 70) };
    cg_shape y = shapes[seed % 6];
    cg_node *value[MAX_VALUES] = { cg_input(g, "x", y), cg_state(g, "s", y) };
    int n = 2;
    while (n < MAX_VALUES - 1) {
        cg_node *a = value[draw(&rng, n)], *b = value[draw(&rng, n)];
        char name[16];
        snprintf(name, sizeof name, "c%d", n);
        if (draw(&rng, 3) == 0) b = cg_input(g, name, operand_shape(&rng, &y));
        switch (draw(&rng, 6)) {
        case 0:
            a = cg_add(a, b);
            break;
        case 1:
            a = cg_mul(b, a);
            break;
        case 2:
            a = cg_maximum(a, b);
            break;
        case 3:
            a = cg_sub(cg_sigmoid(a), b);
            break;
        case 4:
            a = cg_relu(cg_sub(b, a));
            break;
        default:
            a = cg_where(cg_greater(a, b), a, cg_tanh(b));
        }
        value[n++] = a;
    }
    cg_node *last = value[n - 1];
    if (y.rank == 4) last = cg_max_pool2d(last, &(cg_pool2d_attrs){ .kernel = { 2, 2 } });
    outputs[0] = cg_relu(last);
    outputs[1] = cg_add(value[n - 2], value[1]);
    outputs[2] = value[n - 3];
    if (y.rank == 4) {
        cg_node *mean = cg_input(g, "mean", CG_SHAPE(y.dim[1]));
        cg_node *sums = cg_comoments(cg_neg(value[n - 1]), value[2], mean, true);
        outputs[2] = cg_add(sums, cg_moments(value[n - 2], true));
    }
    cg_update(value[1], cg_mul(value[n - 1], cg_shift(value[1], 0.5)));
    return g;
}

static void fill(cg_program *p)
{
    cg_node_kind kinds[] = { CG_NODE_INPUT, CG_NODE_STATE, CG_NODE_PARAMETER };
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < cg_program_leaves(p, kinds[k]); i++) {
            cg_leaf leaf = cg_program_leaf(p, kinds[k], i);
            cg_rng rng = cg_rng_new(1, leaf.name, 0);
            for (int64_t j = 0; j < cg_shape_size(&leaf.shape); j++)
                ((float *)leaf.data)[j] = (float)draw(&rng, 2001) / 1000 - 1;
        }
}

static bool same(cg_program *p, cg_program *q, const cg_node *node)
{
    return memcmp(cg_data_f32(p, node), cg_data_f32(q, node),
                  (size_t)cg_shape_size(cg_node_shape(node)) * sizeof(float)) == 0;
}

static int several(const cg_program *p)
{
    int n = 0;
    for (int i = 0; i < p->n_stages; i++) n += p->stage[i].stretch != NULL;
    return n;
}

static void random_graphs(void)
{
    cg_pool *pool = cg_pool_new(3);
    int n_stretches = 0, n_tiles = 0, n_pieces = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        cg_node *y[3];
        cg_graph *g = random_graph(seed, y);
        cg_program *whole = NULL, *cut = NULL;
        cg_compile(&whole, g, 3, y, &(cg_compile_options){ .keep_all = true }, NULL);
        cg_compile(&cut, g, 3, y, &(cg_compile_options){ .pool = pool }, NULL);
        if (!ok(whole && cut, "graph %d compiles", (int)seed)) break;
        n_stretches += several(cut);
        n_tiles += cut->tile_bytes > 0;
        for (int i = 0; i < cut->n_steps; i++) n_pieces += cut->step[i].n_pieces > 1;
        fill(whole);
        fill(cut);
        bool all = true;
        for (int step = 0; step < 2; step++) { /* the second reads the updated state */
            cg_run(whole, 0, 0);
            cg_run(cut, 0, 0);
            all = all && same(whole, cut, y[0]) && same(whole, cut, y[1]) &&
                  same(whole, cut, y[2]) && same(whole, cut, cg_graph_find(g, "s"));
        }
        ok(all, "graph %d: the same bits in stretches and step by step", (int)seed);
        cg_program_free(whole);
        cg_program_free(cut);
        cg_graph_free(g);
    }
    ok(n_stretches >= 100, "stretches of several steps were found (%d)", n_stretches);
    ok(n_tiles >= 50, "and values that are never whole (in %d graphs)", n_tiles);
    ok(n_pieces >= 50, "and steps that run piece by piece (%d)", n_pieces);
    cg_pool_free(pool);
}

/* An optimiser's update of a slab is one stretch, and nothing but the tile is needed for it. */
static void optimiser(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *w = cg_parameter(g, "w", CG_SHAPE(100000)), *dw = cg_input(g, "dw", CG_SHAPE(100000)),
            *m = cg_state(g, "m", CG_SHAPE(100000));
    cg_node *next = cg_add(cg_scale(m, 0.9), cg_scale(dw, 0.1));
    cg_update(m, next);
    cg_update(w, cg_sub(w, cg_scale(cg_div(next, cg_sqrt(cg_shift(cg_square(next), 1))), 0.01)));
    cg_program *p = NULL;
    cg_compile(&p, g, 0, NULL, NULL, NULL);
    ok(p && p->n_stages == 1, "a whole update is one stretch");
    ok(p && p->n_copies == 0 && p->arena_bytes == 0, "made in place, without a buffer");
    cg_program_free(p);
    cg_graph_free(g);
}

/* Broadcasting aligns last axes: that an operand begins with the numbers of rows and planes says
 * nothing. */
static void last_axes(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", CG_SHAPE(4, 4, 4, 2000)),
            *b = cg_input(g, "b", CG_SHAPE(4, 4, 2000));
    cg_node *y = cg_relu(cg_add(x, b));
    cg_program *whole = NULL, *cut = NULL;
    cg_compile(&whole, g, 1, &y, &(cg_compile_options){ .keep_all = true }, NULL);
    cg_compile(&cut, g, 1, &y, NULL, NULL);
    fill(whole);
    fill(cut);
    cg_run(whole, 0, 0);
    cg_run(cut, 0, 0);
    ok(several(cut) == 1 && same(whole, cut, y), "an operand for all rows is added to each");
    cg_program_free(whole);
    cg_program_free(cut);
    cg_graph_free(g);
}

/* Memory that a step writes over, of which another that runs beside it reads a part: rows and
 * planes of a part lie elsewhere than those of the whole. */
static void parts(void)
{
    for (int of_slab = 0; of_slab < 2; of_slab++) {
        cg_graph *g = cg_graph_new();
        cg_node *y[2];
        if (of_slab) {
            cg_node *a = cg_parameter(g, "a", CG_SHAPE(8, 64));
            cg_node *x = cg_input(g, "x", CG_SHAPE(8, 128));
            cg_parameter(g, "b", CG_SHAPE(8, 64));
            y[0] = cg_sigmoid(cg_relu(a));
            y[1] = cg_parameter_slab(g);
            cg_update(y[1], cg_tanh(cg_neg(x)));
        } else {
            cg_node *x = cg_input(g, "x", CG_SHAPE(1, 2000, 8)),
                    *w = cg_input(g, "w", CG_SHAPE(8, 8));
            cg_node *part[] = { cg_matmul(x, w, false, false),
                                cg_matmul(cg_neg(x), w, false, false) };
            cg_node *both = cg_concat(2, part, 1);
            y[0] = cg_relu(cg_reshape(part[0], CG_SHAPE(1, 4000, 4)));
            y[1] = cg_tanh(both);
        }
        cg_program *whole = NULL, *cut = NULL;
        int n = of_slab ? 1 : 2; /* outputs; the slab is to be overwritten at once */
        cg_compile(&whole, g, n, y, &(cg_compile_options){ .keep_all = true }, NULL);
        cg_compile(&cut, g, n, y, NULL, NULL);
        fill(whole);
        fill(cut);
        cg_run(whole, 0, 0);
        cg_run(cut, 0, 0);
        ok(same(whole, cut, y[0]) && same(whole, cut, y[1]),
           "a part of %s is read before the whole is overwritten",
           of_slab ? "the slab" : "a concatenation");
        cg_program_free(whole);
        cg_program_free(cut);
        cg_graph_free(g);
    }
}

/* A number for each channel that the slice itself computes, row by row, is not there in time. */
static void channels_from_rows(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *a = cg_input(g, "a", CG_SHAPE(4, 4, 5, 5)),
            *b = cg_input(g, "b", CG_SHAPE(4, 4, 5, 5));
    cg_node *m = cg_reshape(cg_exp(cg_input(g, "m", CG_SHAPE(4, 1))), CG_SHAPE(4));
    cg_node *y = cg_comoments(a, b, m, true);
    cg_program *whole = NULL, *cut = NULL;
    cg_compile(&whole, g, 1, &y, &(cg_compile_options){ .keep_all = true }, NULL);
    cg_compile(&cut, g, 1, &y, NULL, NULL);
    fill(whole);
    fill(cut);
    cg_run(whole, 0, 0);
    cg_run(cut, 0, 0);
    ok(same(whole, cut, y), "channels that are rows of the batch elsewhere are computed first");
    cg_program_free(whole);
    cg_program_free(cut);
    cg_graph_free(g);
}

int main(void)
{
    random_graphs();
    last_axes();
    parts();
    channels_from_rows();
    optimiser();
    return done_testing();
}
