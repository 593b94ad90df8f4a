/* Recording a computation and differentiating it.
 *
 * A graph owns its nodes; recording order is a topological order.  After the first error a graph
 * stays in error and recording returns NULL, which every recording function accepts: write the
 * formula, then check cg_graph_status once.  Precision is not the graph's business: a program is
 * compiled for float32 or float64. */
#ifndef CNNGRAPH_GRAPH_H
#define CNNGRAPH_GRAPH_H

#include <cnngraph/op.h>

CG_BEGIN_API

cg_graph *cg_graph_new(void); /* NULL when out of memory */
void cg_graph_free(cg_graph *graph);
cg_status cg_graph_status(const cg_graph *graph);
const cg_error *cg_graph_error(const cg_graph *graph);
/* Puts the graph in error, unless it is already; returns its status. */
cg_status cg_graph_fail(cg_graph *graph, cg_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Nodes recorded from here on carry this place and label (copied), for messages and printing:
 * the line of a model file and the layer's name. */
void cg_graph_at(cg_graph *graph, cg_place place, const char *label);

/* ---- leaves ----------------------------------------------------------------------------------
 * Names are unique within a graph; the graph copies them.
 * An input is fed before each run.  Parameters and states live as long as the program and are
 * assigned by cg_update; the parameters lie one behind the other in recording order, in one slab.
 */
cg_node *cg_input(cg_graph *graph, const char *name, cg_shape shape);
cg_node *cg_parameter(cg_graph *graph, const char *name, cg_shape shape);
cg_node *cg_state(cg_graph *graph, const char *name, cg_shape shape);
cg_node *cg_constant(cg_graph *graph, cg_shape shape, double value);
cg_node *cg_constant_data(cg_graph *graph, cg_shape shape, const double data[]); /* copies */
cg_node *cg_constant_like(cg_node *node, double value);

/* All parameters recorded so far as one vector, without a copy; none may be recorded after. */
cg_node *cg_parameter_slab(cg_graph *graph);

/* At the end of every run `leaf` (a state, a parameter or the slab) takes the value of `value`,
 * of equal size.  All values are computed from the old contents. */
cg_status cg_update(cg_node *leaf, cg_node *value);

/* ---- recording -------------------------------------------------------------------------------
 * attrs: the op's struct, copied; NULL means all defaults.  n must fit the op's arity. */
cg_node *cg_record(cg_graph *graph, const cg_op *op, const void *attrs, int n, cg_node *const x[]);
cg_node *cg_record1(const cg_op *op, const void *attrs, cg_node *x);
cg_node *cg_record2(const cg_op *op, const void *attrs, cg_node *a, cg_node *b);
cg_node *cg_record3(const cg_op *op, const void *attrs, cg_node *a, cg_node *b, cg_node *c);

/* Records d(y)/d(wrt[i]) into grad[i], for y of any shape, given dy (NULL: ones), the gradient of
 * something with respect to y.  What y does not depend on gets a constant 0.  The gradient is made
 * of ordinary nodes of the same graph, so gradients have gradients. */
cg_status cg_gradient(cg_node *y, cg_node *dy, int n, cg_node *const wrt[], cg_node *grad[]);

/* ---- looking ---------------------------------------------------------------------------------*/
typedef enum {
    CG_NODE_OP,
    CG_NODE_INPUT,
    CG_NODE_PARAMETER,
    CG_NODE_STATE,
    CG_NODE_CONSTANT,
    CG_NODE_SLAB
} cg_node_kind;

cg_graph *cg_node_graph(const cg_node *node);
cg_node_kind cg_node_kind_of(const cg_node *node);
int cg_node_id(const cg_node *node);            /* position in the recording */
const char *cg_node_name(const cg_node *node);  /* of a leaf; "" otherwise   */
const char *cg_node_label(const cg_node *node); /* set by cg_graph_at, or "" */
cg_place cg_node_place(const cg_node *node);
int cg_graph_size(const cg_graph *graph);
cg_node *cg_graph_node(const cg_graph *graph, int id);
cg_node *cg_graph_find(const cg_graph *graph, const char *name); /* a leaf, or NULL */

/* The nodes that `outputs` need, as text (one line a node) or DOT; the caller frees with free().
 * n 0: the whole graph. */
char *cg_graph_text(const cg_graph *graph, int n, cg_node *const outputs[]);
char *cg_graph_dot(const cg_graph *graph, int n, cg_node *const outputs[]);

CG_END_API
#endif
