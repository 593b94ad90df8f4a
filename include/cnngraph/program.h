/* Compile once, run many times.
 *
 * A program is independent of the graph it came from, which may be freed: nodes serve as names for
 * buffers (by id) as long as the graph lives; leaves can also be asked for by name. */
#ifndef CNNGRAPH_PROGRAM_H
#define CNNGRAPH_PROGRAM_H

#include <cnngraph/budget.h>
#include <cnngraph/graph.h>

CG_BEGIN_API

typedef struct cg_program cg_program;
typedef struct cg_pool cg_pool;

/* A pool of threads, lent to programs; threads <= 0: as many as the cores that this process may
 * use.  NULL when out of memory; fewer threads than asked for where the system refuses them. */
cg_pool *cg_pool_new(int threads);
void cg_pool_free(cg_pool *pool);
int cg_pool_threads(const cg_pool *pool);

typedef struct {
    cg_dtype dtype;    /* CG_F64 runs the double references, one thread              */
    cg_pool *pool;     /* lent; NULL: the caller's thread alone                      */
    const char *isa;   /* "portable", "avx2", "avx512"; NULL: CNNGRAPH_ISA, else best */
    cg_program *share; /* parameters and states of the same name live in this program's
                          memory, which must outlive the new one                     */
    cg_node *const
        *guards; /* scalars, outputs too, looked at as soon as they are computed: when one is not
                    finite the run ends there, with no parameter or state changed */
    int n_guards;
    bool is_frozen; /* parameters, and states without an update, keep their values from run to run:
                       what follows from them alone is computed by the first run, and by the
                       next after cg_program_refresh */
    cg_budget *budget; /* of memory; lent, must outlive the program, or NULL */
    bool no_passes;    /* run the recording as it is (to test the passes)            */
    bool keep_all;     /* every node keeps its buffer after the run (to look at them) */
} cg_compile_options;

/* Compiles what `outputs` and the graph's updates need.  options may be NULL. */
cg_status cg_compile(cg_program **program, cg_graph *graph, int n, cg_node *const outputs[],
                     const cg_compile_options *options, cg_error *error);
void cg_program_free(cg_program *program);

/* Runs once.  seed and step are what random ops draw from.  CG_ENUMERIC when a guard is not finite,
 * CG_OK otherwise.  No allocation, no system call but the pool's. */
cg_status cg_run(cg_program *program, uint64_t seed, uint64_t step);

/* Tells a frozen program that parameters or states have changed. */
void cg_program_refresh(cg_program *program);

/* The memory of an input, parameter, state or output; NULL if the program has none of it (any
 * more). Floats or doubles after the program's dtype; the size is that of the node.  Lent. */
float *cg_data_f32(cg_program *program, const cg_node *node);
double *cg_data_f64(cg_program *program, const cg_node *node);

/* The same, by number: leaves of one kind in recording order. */
typedef struct {
    const char *name;
    cg_shape shape;
    void *data;
} cg_leaf;
int cg_program_leaves(const cg_program *program, cg_node_kind kind);
cg_leaf cg_program_leaf(const cg_program *program, cg_node_kind kind, int i);

size_t cg_program_bytes(const cg_program *program);       /* all memory it holds           */
size_t cg_program_arena_bytes(const cg_program *program); /* the planned buffers alone     */
cg_dtype cg_program_dtype(const cg_program *program);
int64_t cg_program_flops(const cg_program *program); /* of one run                    */
cg_tier cg_program_tier(const cg_program *program);
uint64_t
cg_program_branches(const cg_program *program); /* float64: hash of the branches last taken */

/* Where the time goes.  A stage is an op, or a stretch of ops that run together; its time is taken
 * once this was called, and costs two looks at the clock a stage. */
typedef struct {
    const char *ops;   /* "conv2d add relu" */
    const char *label; /* the layer of the first */
    cg_place place;
    cg_shape shape; /* of the last op's result, as it is laid out */
    int64_t flops, runs;
    double seconds;     /* of all runs */
    double began, last; /* of the last run: when by CLOCK_MONOTONIC, and its seconds */
} cg_stage_time;
cg_status cg_program_profile(cg_program *program, cg_error *error);
int cg_program_stages(const cg_program *program);
cg_stage_time cg_program_stage(const cg_program *program, int i);

/* Runs again, node by node, and describes what was first not finite, in *error with CG_ENUMERIC: an
 * input, parameter or state, or else the output of an op, with label, place and, of each of its
 * inputs, the range and how many values are not finite; CG_OK if all are finite.
 * For use after a run whose loss is not finite, with the same seed and step; states and
 * parameters are read, not updated. */
cg_status cg_program_first_nonfinite(cg_program *program, uint64_t seed, uint64_t step,
                                     cg_error *error);

/* The passes by name, in order: "stabilise", "fold", "cse", "dead", "plan", ...; NULL-terminated.
 * cg_pass_apply applies those up to and including `last` to a copy of what outputs need; the copy's
 * nodes for the outputs are put in outputs_after.  For `graph --after PASS`, and for tests. */
extern const char *const cg_pass_names[];
cg_status cg_pass_apply(cg_graph **after, cg_graph *graph, int n, cg_node *const outputs[],
                        cg_node *outputs_after[], const char *last, cg_error *error);

/* Numerically safe forms: re-records what y needs with softmax -> cce as
 * softmax_cross_entropy on the logits and sigmoid -> bce as bce_with_logits, whatever was
 * written; returns the node in y's place (y itself where nothing matches).  Do it before
 * cg_gradient. */
cg_node *cg_stabilise(cg_node *y);

CG_END_API
#endif
