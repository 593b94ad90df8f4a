/* A compiled program: a flat list of calls over planned memory. */
#ifndef CG_ENGINE_PROGRAM_H
#define CG_ENGINE_PROGRAM_H

#include <cnngraph/program.h>

#include "base/memory.h"
#include "engine/plan.h"

/* One op to run.  `call` for float32 kernels, `reference` for float64 and for ops without one. */
typedef struct {
    const cg_node *node; /* of the program's own graph */
    cg_kernel *kernel;
    cg_call call;
    cg_ref_call reference;
    int64_t items, grain, n_chunks; /* fixed by the shapes, never by the threads */
} cg_step;

/* At the end of a run, in order: to = from. */
typedef struct {
    void *to;
    const void *from;
    size_t bytes;
} cg_copy;

struct cg_program {
    cg_dtype dtype;
    cg_tier tier;
    cg_pool *pool;   /* lent */
    cg_graph *graph; /* the rewritten recording: attributes, shapes and names live here */
    int *node_of;    /* id in the caller's graph -> id here, -1: gone, or not to be looked at */
    int n_node_of;

    void **data; /* of each node here */
    cg_slot *slot;
    cg_step *step;
    int n_steps;
    cg_copy *copy;
    int n_copies;
    int *guard; /* ids of scalars that must be finite */
    int n_guards;
    int64_t flops;

    cg_arena *lists; /* the pointer arrays of calls */
    char *leaves;    /* inputs, parameters, states, constants, copies */
    char *arena;     /* planned buffers */
    char *scratch;
    size_t leaf_bytes, arena_bytes, scratch_bytes, scratch_stride;
    double *wide; /* for ops without a kernel: inputs and output in double */
    uint64_t branches;
};

size_t cg_program_element(const cg_program *program); /* bytes of one element */

/* Runs step i on the pool; run.c. */
void cg_run_step(cg_program *program, cg_step *step, uint64_t seed, uint64_t number);

#endif
