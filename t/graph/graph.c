/* Recording: leaves, errors that stay, attributes, printing. */
#include "graph/graph.h"

#include <cnngraph/ops.h>

#include "../tap.h"

#include <stdlib.h>
#include <string.h>

static void leaves(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", CG_SHAPE(2, 3));
    cg_node *w = cg_parameter(g, "w", CG_SHAPE(3)), *b = cg_parameter(g, "b", CG_SHAPE(4));
    ok(cg_graph_find(g, "w") == w && !cg_graph_find(g, "v"), "a leaf is found by its name");
    ok(cg_node_kind_of(x) == CG_NODE_INPUT && cg_node_kind_of(b) == CG_NODE_PARAMETER,
       "leaves know their kind");
    cg_node *slab = cg_parameter_slab(g);
    ok(slab && cg_shape_size(cg_node_shape(slab)) == 7, "the slab holds all parameters");
    ok(cg_parameter_slab(g) == slab, "there is one slab");
    ok(!cg_parameter(g, "late", CG_SHAPE(1)) && cg_graph_status(g) == CG_EUSAGE,
       "no parameter may follow the slab: %s", cg_graph_error(g)->message);
    cg_graph_free(g);
}

/* Each makes one mistake on a fresh graph. */
static void mistake_name(cg_graph *g)
{
    cg_input(g, "x", CG_SHAPE(1));
    cg_state(g, "x", CG_SHAPE(1));
}
static void mistake_no_name(cg_graph *g)
{
    cg_input(g, NULL, CG_SHAPE(1));
}
static void mistake_dim(cg_graph *g)
{
    cg_input(g, "x", CG_SHAPE(2, 0));
}
static void mistake_huge(cg_graph *g)
{
    cg_input(g, "x", CG_SHAPE(INT64_C(1) << 40, INT64_C(1) << 40));
}
static void mistake_rank(cg_graph *g)
{
    cg_input(g, "x", (cg_shape){ .rank = 9 });
}
static void mistake_shapes(cg_graph *g)
{
    cg_add(cg_input(g, "a", CG_SHAPE(2, 3)), cg_input(g, "b", CG_SHAPE(2, 4)));
}
static void mistake_arity(cg_graph *g)
{
    cg_node *x = cg_input(g, "x", CG_SHAPE(2));
    cg_record(g, cg_op_find("add"), NULL, 1, &x);
}
static void mistake_null(cg_graph *g)
{
    cg_add(cg_input(g, "x", CG_SHAPE(2)), NULL);
}
static void mistake_null_first(cg_graph *g)
{
    cg_where(NULL, NULL, cg_input(g, "x", CG_SHAPE(2)));
}
static void mistake_null_of_list(cg_graph *g)
{
    cg_concat(2, (cg_node *[]){ NULL, cg_input(g, "x", CG_SHAPE(2)) }, 0);
}
static void mistake_attr(cg_graph *g)
{
    cg_softmax(cg_input(g, "x", CG_SHAPE(2)), 99);
}
static void mistake_target(cg_graph *g)
{
    cg_node *x = cg_input(g, "x", CG_SHAPE(2));
    cg_update(x, x);
}
static void mistake_size(cg_graph *g)
{
    cg_update(cg_state(g, "s", CG_SHAPE(2)), cg_constant(g, CG_SHAPE(3), 0));
}
static void mistake_twice(cg_graph *g)
{
    cg_node *s = cg_state(g, "s", CG_SHAPE(2));
    cg_update(s, cg_neg(s));
    cg_update(s, cg_neg(s));
}
static void mistake_slab(cg_graph *g)
{
    cg_node *p = cg_parameter(g, "p", CG_SHAPE(2));
    cg_update(p, cg_neg(p));
    cg_update(cg_parameter_slab(g), cg_neg(p));
}
static void mistake_no_parameters(cg_graph *g)
{
    cg_parameter_slab(g);
}

static void mistakes(void)
{
    static const struct {
        void (*make)(cg_graph *g);
        cg_status status;
        const char *says;
    } cases[] = {
        { mistake_name, CG_EUSAGE, "'x' is taken" },
        { mistake_no_name, CG_EUSAGE, "needs a name" },
        { mistake_dim, CG_ESHAPE, "dimension 1 is 0" },
        { mistake_huge, CG_ESHAPE, sizeof(size_t) > 4 ? "2^43" : "2^27" },
        { mistake_rank, CG_ESHAPE, "rank 9" },
        { mistake_shapes, CG_ESHAPE, "2x3 and 2x4 do not broadcast" },
        { mistake_arity, CG_EUSAGE, "add takes 2 inputs" },
        { mistake_null, CG_EUSAGE, "add: input 1 is NULL" },
        { mistake_null_first, CG_EUSAGE, "where: input 0 is NULL" },
        { mistake_null_of_list, CG_EUSAGE, "concat: input 0 is NULL" },
        { mistake_attr, CG_ESHAPE, "axis is 99" },
        { mistake_target, CG_EUSAGE, "only states and parameters" },
        { mistake_size, CG_ESHAPE, "'s' is 2, its new value 3" },
        { mistake_twice, CG_EUSAGE, "'s' is updated twice" },
        { mistake_slab, CG_EUSAGE, "updated twice" },
        { mistake_no_parameters, CG_EUSAGE, "no parameters" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cg_graph *g = cg_graph_new();
        cases[i].make(g);
        const cg_error *e = cg_graph_error(g);
        ok(e->status == cases[i].status && strstr(e->message, cases[i].says),
           "a mistake is reported: %s", e->message);
        int size = cg_graph_size(g);
        ok(!cg_input(g, "later", CG_SHAPE(1)) && cg_graph_size(g) == size,
           "and recording goes on quietly");
        cg_graph_free(g);
    }
}

static void places(void)
{
    cg_graph *g = cg_graph_new();
    cg_graph_at(g, (cg_place){ "m.yaml", 7, 3 }, "dense1");
    cg_node *x = cg_input(g, "x", CG_SHAPE(2, 2));
    cg_node *y = cg_sigmoid(x), *dx;
    cg_graph_at(g, (cg_place){ 0 }, NULL);
    cg_gradient(y, NULL, 1, &x, &dx);
    ok(cg_node_place(y).line == 7 && strcmp(cg_node_label(y), "dense1") == 0,
       "a node knows its place and layer");
    ok(cg_node_place(dx).line == 7 && strcmp(cg_node_label(dx), "dense1") == 0,
       "so does its gradient");
    char *text = cg_graph_text(g, 1, &y), *dot = cg_graph_dot(g, 0, NULL);
    ok(text && strstr(text, "%1 = sigmoid(%0:x) : 2x2  # dense1, line 7"),
       "a node prints as a line");
    ok(text && !strstr(text, "mul"), "what the outputs do not need is not printed");
    ok(dot && strstr(dot, "n0 -> n1;") && strstr(dot, "sigmoid"), "DOT has nodes and edges");
    free(text);
    free(dot);
    cg_graph_free(g);
}

static void attributes(void)
{
    cg_graph *g = cg_graph_new();
    cg_node *x = cg_input(g, "x", CG_SHAPE(1, 2, 8, 8)),
            *w = cg_parameter(g, "w", CG_SHAPE(4, 2, 3, 3));
    cg_node *y = cg_conv2d(x, w, &(cg_conv2d_attrs){ .padding = { 1, 1, 1, 1 } });
    const cg_conv2d_attrs *a = y ? cg_node_attrs(y) : NULL;
    ok(a && a->stride[0] == 1 && a->stride[1] == 1 && a->dilation[0] == 1 && a->groups == 1 &&
           a->padding[2] == 1,
       "open attributes take their defaults");
    char *text = cg_graph_text(g, 1, &y);
    ok(text && strstr(text, " padding=[1,1,1,1]") && !strstr(text, "groups"),
       "defaults are not printed");
    free(text);
    cg_conv2d_attrs other = *a;
    ok(cg_attrs_equal(cg_node_op(y), a, &other), "equal attributes are equal");
    other.dilation[1] = 2;
    ok(!cg_attrs_equal(cg_node_op(y), a, &other), "a changed entry of a list makes them differ");
    cg_conv2d(x, w, &(cg_conv2d_attrs){ .stride = { -1, 1 } });
    ok(cg_graph_status(g) == CG_ESHAPE && strstr(cg_graph_error(g)->message, "stride is -1"),
       "a value out of range is named: %s", cg_graph_error(g)->message);
    cg_graph_free(g);
}

int main(void)
{
    leaves();
    mistakes();
    places();
    attributes();
    return done_testing();
}
