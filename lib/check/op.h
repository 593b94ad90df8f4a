/* One sample of an op, recorded and filled: what every check of an op starts from. */
#ifndef CG_CHECK_OP_H
#define CG_CHECK_OP_H

#include "check/differential.h"
#include "graph/graph.h"

enum {
    CG_MAX_SAMPLE_INPUTS = sizeof((cg_sample *)NULL)->x / sizeof(cg_shape),
    CG_MAX_CASE_LEAVES = 2 * CG_MAX_SAMPLE_INPUTS + 1,
};

typedef struct {
    const cg_op *op;
    const cg_sample *sample;
    int index; /* of the sample */
    uint64_t seed;
    cg_graph *graph;
    cg_node *x[CG_MAX_SAMPLE_INPUTS];
    cg_node *y, *u, *f;                  /* f = <u, y> */
    int n_wrt;                           /* differentiable inputs; wrt[n_wrt] is u */
    int input[CG_MAX_SAMPLE_INPUTS + 1]; /* which input wrt[i] is */
    cg_node *wrt[CG_MAX_SAMPLE_INPUTS + 1];
    char name[CG_MAX_SAMPLE_INPUTS + 1][24]; /* of wrt[i], as in op->inputs; then "dy" */
    int n_leaves;
    cg_node *leaf[CG_MAX_CASE_LEAVES];
    double *data[CG_MAX_CASE_LEAVES]; /* what the leaf is fed */
} cg_op_case;

/* Records sample number `index` of op's table; `c` may be closed whatever happened. */
cg_status cg_op_case_open(cg_op_case *c, const cg_op *op, int index, uint64_t seed,
                          cg_error *error);
void cg_op_case_close(cg_op_case *c);

/* One more leaf, filled with random weights; NULL with the graph in error. */
cg_node *cg_op_case_weights(cg_op_case *c, const char *name, cg_shape shape);

cg_check_feed cg_op_case_feed; /* context: the case */

/* df/dwrt[i] of the case, recorded through op's vjp as `hook` (or NULL) leaves it. */
cg_status cg_op_case_gradient(cg_op_case *c, cg_node *grad[], cg_vjp_hook *hook, void *context,
                              cg_error *error);
cg_differential cg_op_case_differential(cg_op_case *c, cg_node *const grad[]);

/* A gradient that is 0 by the op's own declaration: its vjp gave none. */
bool cg_is_no_gradient(const cg_node *grad);

#endif
