/* A compiled program: a flat list of calls over planned memory. */
#ifndef CG_ENGINE_PROGRAM_H
#define CG_ENGINE_PROGRAM_H

#include <cnngraph/program.h>

#include "base/memory.h"
#include "engine/plan.h"

enum { CG_N_NODE_KINDS = CG_NODE_SLAB + 1 };

/* Where a step finds plane `plane` of row `row`: at base + row * row_size + plane * plane_size, or
 * at the thread's own tile + offset. */
typedef struct {
    float *base; /* NULL: in the tile */
    int64_t offset, row_size, plane_size;
    bool is_one; /* has it one element for all of a plane? */
} cg_operand;

/* One op to run.  `call` for float32 kernels, `reference` for float64 and for ops without one. */
typedef struct {
    const cg_node *node; /* of the program's own graph */
    cg_kernel *kernel;
    cg_call call;
    cg_ref_call reference;
    int64_t items, grain, n_chunks; /* fixed by the shapes, never by the threads */
    cg_operand *operand;            /* y, then each x, for the run in a stretch */
    int n_pieces; /* with so many steps from here it runs piece by piece of a plane; 0: not */
} cg_step;

/* Steps that run one after the other; or plane by plane, where they are a stretch of several. */
typedef struct {
    const cg_stretch *stretch; /* NULL: one step by itself */
    cg_step *step;
    int n_steps;
    int64_t groups_a_row, n_groups, grain, n_chunks;
    int64_t flops;
} cg_stage;

/* Stages that run one after the other; row by row of the batch, where they are a slice. */
typedef struct {
    const cg_stage *stage;
    int n_stages;
    int64_t rows; /* of a slice, else 0 */
} cg_section;

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
    int *by_kind; /* the ids of all nodes here, of one kind behind those of another */
    int kind_begin[CG_N_NODE_KINDS + 1]; /* where in by_kind */

    void **data; /* of each node here */
    cg_slot *slot;
    cg_stretch *stretch;
    int *stretch_of; /* of a node, or -1 */
    cg_batch_slice *slice;
    int *slice_of;
    cg_step *step;
    int n_steps;
    cg_stage *stage;
    int n_stages;
    cg_section *section;
    int n_sections;
    bool *settled;  /* of a node: does it keep its value from run to run? */
    int prologue;   /* the last of the ops that are only run when ... */
    bool is_stale;  /* ... leaves may have changed, or -1; sections, too, begin with theirs */
    int n_prologue; /* sections */
    char *prepared; /* for kernels, from settled inputs */
    cg_copy *copy;
    int n_copies;
    int *guard; /* ids of scalars that must be finite */
    int n_guards;
    int64_t flops;

    cg_arena *lists; /* the pointer arrays of calls */
    char *leaves;    /* inputs, parameters, states, constants, copies */
    char *arena;     /* planned buffers */
    char *scratch;   /* for each thread: a tile, then what the kernels asked for */
    int64_t leaf_bytes, arena_bytes, prepared_bytes, tile_bytes, scratch_bytes, scratch_stride;
    cg_budget *budget;
    int64_t taken; /* of it */
    double *wide;  /* for ops without a kernel: inputs and output in double */
    uint64_t branches;
    cg_stage_time *times; /* of each stage, or NULL; profile.c */
};

size_t cg_program_element(const cg_program *program); /* bytes of one element */

/* CLOCK_MONOTONIC, and noting that a stage that began then has ended; profile.c. */
double cg_seconds(void);
void cg_note_time(cg_stage_time *time, double began);

/* Takes so many bytes of the budget before they are allocated, until the program is freed.  What:
 * "the parameters". */
cg_status cg_program_take(cg_program *program, const char *what, int64_t bytes, cg_error *error);

/* Makes the list of calls for the planned graph; steps.c. */
cg_status cg_make_steps(cg_program *program, cg_error *error);

/* Runs one step on the pool, by itself; run.c. */
void cg_run_step(cg_program *program, cg_step *step, uint64_t seed, uint64_t number);

#endif
