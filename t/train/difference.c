/* Where two files of tensors, or two programs, differ. */
#include "train/difference.h"

#include <cnngraph/ops.h>

#include "../tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/cnngraph-difference-XXXXXX";

static const float three[] = { 1, -2, 3 }, other[] = { 1, -2.5f, 4 }, nan_[] = { 1, NAN, 3 };
static const double twice[] = { 1, 2 }, thrice[] = { 1, 3 };

static cg_safetensors *file_of(int n, const cg_named_tensor tensors[])
{
    char path[64];
    cg_safetensors *file = NULL;
    snprintf(path, sizeof path, "%s/t.safetensors", folder);
    if (cg_safetensors_write(path, n, tensors, 0, NULL, NULL) == CG_OK)
        cg_safetensors_read(&file, path, NULL);
    unlink(path);
    return file;
}

#define A(values)                       \
    {                                   \
        "a", CG_F32, CG_DIMS(3), values \
    }
#define B(values)                       \
    {                                   \
        "b", CG_F32, CG_DIMS(3), values \
    }
#define D(values)                       \
    {                                   \
        "d", CG_F64, CG_DIMS(2), values \
    }

static const struct {
    const char *name;
    cg_named_tensor a[3], b[3];
    int n_a, n_b, n_different;
    const char *first, *what;
} cases[] = {
    { "equal files", { A(three), D(twice) }, { D(twice), A(three) }, 2, 2, 0, "", NULL },
    { "a value", { A(three), B(three) }, { A(three), B(other) }, 2, 2, 1, "b", NULL },
    { "values of F64",
      { A(three), D(twice) },
      { A(three), D(thrice) },
      2,
      2,
      1,
      "d",
      "has other values of F64" },
    { "a tensor more", { A(three), B(three) }, { A(three) }, 2, 1, 1, "b", "is only in the first" },
    { "two tensors less",
      { A(three) },
      { A(three), B(three), D(twice) },
      1,
      3,
      2,
      "b",
      "is only in the second" },
    { "another shape",
      { A(three) },
      { { "a", CG_F32, CG_DIMS(3, 1), three } },
      1,
      1,
      1,
      "a",
      "is of another shape or type in the second" },
    { "another type",
      { { "d", CG_F32, CG_DIMS(2), three } },
      { D(twice) },
      1,
      1,
      1,
      "d",
      "is of another shape or type in the second" },
};

static void test_files(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cg_safetensors *a = file_of(cases[i].n_a, cases[i].a),
                       *b = file_of(cases[i].n_b, cases[i].b);
        cg_difference first, most;
        int n = cg_compare_files(a, b, &first, &most);
        bool same_what =
            cases[i].what ? first.what && !strcmp(first.what, cases[i].what) : !first.what;
        ok(n == cases[i].n_different && !strcmp(first.name, cases[i].first) && same_what,
           "%s: %d differ, the first '%s' %s", cases[i].name, n, first.name,
           first.what ? first.what : "");
        cg_safetensors_free(a);
        cg_safetensors_free(b);
    }
}

static void test_values(void)
{
    cg_difference d;
    ok(cg_compare_values(three, three, 3, &d) == 0, "equal values");
    ok(cg_compare_values(three, other, 3, &d) == 2 && d.at == 1 && d.a == -2 && d.b == -2.5 &&
           d.largest == 1,
       "the first of two, and the largest difference");
    ok(cg_compare_values(three, nan_, 3, &d) == 1 && d.at == 1 && isinf(d.largest),
       "a NaN is infinitely far");
    ok(cg_compare_values(nan_, nan_, 3, &d) == 0, "but not from itself");
    ok(cg_compare_values((float[]){ 0 }, (float[]){ -0.0f }, 1, &d) == 1 && d.largest == 0,
       "0 and -0 are other bits");
}

static cg_program *program_of(const char *name, int64_t n, float value, cg_graph **g)
{
    cg_program *p = NULL;
    *g = cg_graph_new();
    cg_node *y = cg_sum(cg_parameter(*g, name, CG_SHAPE(n)), 0, false);
    if (cg_compile(&p, *g, 1, &y, NULL, NULL) != CG_OK) return NULL;
    cg_leaf leaf = cg_program_leaf(p, CG_NODE_PARAMETER, 0);
    for (int64_t i = 0; i < n; i++) ((float *)leaf.data)[i] = value;
    return p;
}

static void test_programs(void)
{
    static const struct {
        const char *name;
        int64_t n;
        float value;
        int n_different;
        const char *what;
    } others[] = { { "w", 4, 1, 0, NULL },
                   { "w", 4, 2, 1, NULL },
                   { "w", 5, 1, 1, "is another tensor in the second" },
                   { "v", 4, 1, 1, "is another tensor in the second" } };
    cg_graph *g, *h;
    cg_program *p = program_of("w", 4, 1, &g);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        cg_program *q = program_of(others[i].name, others[i].n, others[i].value, &h);
        cg_difference first;
        bool differs = cg_compare_programs(p, q, &first) == others[i].n_different;
        bool same_what =
            others[i].what ? first.what && !strcmp(first.what, others[i].what) : !first.what;
        ok(differs && same_what, "%s of %d, %g: %s", others[i].name, (int)others[i].n,
           (double)others[i].value, first.what ? first.what : first.name);
        cg_program_free(q);
        cg_graph_free(h);
    }
    cg_program_free(p);
    cg_graph_free(g);
}

int main(void)
{
    if (!mkdtemp(folder)) return 1;
    test_files();
    test_values();
    test_programs();
    rmdir(folder);
    return done_testing();
}
