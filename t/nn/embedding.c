/* Vectors by number: what is looked up, and where its gradient goes. */
#include "recorded.h"

#include "../tap.h"

enum { BATCH = 2, WORDS = 3, ROWS = 4, UNITS = 2 };

static const double indices[BATCH * WORDS] = { 3, 0, 3, 1, 9, 0 }; /* 9 is beyond the table */

static void test_rows(void)
{
    recorded m;
    cg_program *p = NULL;
    if (!ok(record_layers(&m, "[3]", "embedding: {name: e, rows: 4, units: 2}", CG_TRAINING, BATCH),
            "an embedding is recorded"))
        return;
    cg_node *y = output_of(&m, "e"), *w = cg_graph_find(m.graph, "e.weight"), *dw;
    ok(cg_shape_equal(cg_node_shape(y), &CG_SHAPE(BATCH, WORDS, UNITS)) &&
           cg_shape_equal(cg_node_shape(w), &CG_SHAPE(ROWS, UNITS)),
       "there is one axis more, and a vector for each number");
    cg_gradient(y, NULL, 1, &w, &dw);
    cg_node *out[] = { y, dw };
    if (!ok(cg_compile(&p, m.graph, 2, out, &(cg_compile_options){ .dtype = CG_F64 }, NULL) ==
                CG_OK,
            "it compiles"))
        return;
    for (int i = 0; i < ROWS * UNITS; i++) cg_data_f64(p, w)[i] = i + 1;
    memcpy(cg_data_f64(p, m.r.x), indices, sizeof indices);
    cg_run(p, 0, 0);
    bool is_right = true;
    int times[ROWS] = { 0 };
    for (int i = 0; i < BATCH * WORDS; i++) {
        int row = (int)indices[i];
        if (row < ROWS) times[row]++;
        for (int k = 0; k < UNITS; k++)
            is_right &= cg_data_f64(p, y)[i * UNITS + k] == (row < ROWS ? row * UNITS + k + 1 : 0);
    }
    ok(is_right, "each number gives its row, one that is beyond the table zeros");
    is_right = true;
    for (int i = 0; i < ROWS * UNITS; i++) is_right &= cg_data_f64(p, dw)[i] == times[i / UNITS];
    ok(is_right, "a row's gradient is the sum over where it was looked up");
    cg_program_free(p);
    recorded_free(&m);
}

static void test_axes(void)
{
    recorded m;
    ok(!record_layers(&m, "[1, 1, 1, 1, 1, 1, 1]", "embedding: {rows: 4, units: 2}", CG_TRAINING,
                      1),
       "there is no room for a ninth axis");
    recorded_free(&m);
}

int main(void)
{
    test_rows();
    test_axes();
    return done_testing();
}
