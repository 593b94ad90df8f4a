/* The contract of an operation: one constant descriptor says all that the framework ever needs to
 * know about it.  Adding an op is adding one file with one of these, inside the library or out. */
#ifndef CNNGRAPH_OP_H
#define CNNGRAPH_OP_H

#include <cnngraph/tensor.h>

CG_BEGIN_API

typedef struct cg_graph cg_graph;
typedef struct cg_node cg_node;
typedef struct cg_op cg_op;

/* ---- attributes ----------------------------------------------------------------------------
 * An op's attributes are a plain struct; this table describes its fields.  It serves range checks,
 * YAML, "did you mean", printing, comparison, docs and ONNX.  A field that is 0 where 0 is outside
 * [min, max] takes its default, so that designated initialisers need to name only what differs. */
typedef enum {
    CG_ATTR_INT,    /* int64_t                                                           */
    CG_ATTR_REAL,   /* double                                                            */
    CG_ATTR_BOOL,   /* int64_t, 0 or 1                                                   */
    CG_ATTR_CHOICE, /* int64_t, the index of a word in `choices` ("zero reflect replicate") */
    CG_ATTR_INTS,   /* int64_t[count]; a text of one value fills all, of count/2 repeats */
    CG_ATTR_LIST,   /* int64_t[count]; the rest 0 where a text has fewer                   */
    CG_ATTR_AXES,   /* int64_t, a mask: bit i is axis i; 0 is all axes. Text: [0, 2]      */
    CG_ATTR_SHAPE,  /* cg_shape                                                          */
} cg_attr_type;

typedef struct {
    const char *name; /* NULL ends the table */
    cg_attr_type type;
    size_t offset;
    int count;              /* of CG_ATTR_INTS and CG_ATTR_LIST */
    double value, min, max; /* default and range; of every entry */
    const char *choices;
    const char *help;
} cg_attr;

#define CG_INT(type, field, value, min, max, help)                                 \
    {                                                                              \
#field, CG_ATTR_INT, offsetof(type, field), 1, value, min, max, NULL, help \
    }
#define CG_REAL(type, field, value, min, max, help)                                 \
    {                                                                               \
#field, CG_ATTR_REAL, offsetof(type, field), 1, value, min, max, NULL, help \
    }
#define CG_BOOL(type, field, help)                                          \
    {                                                                       \
#field, CG_ATTR_BOOL, offsetof(type, field), 1, 0, 0, 1, NULL, help \
    }
#define CG_CHOICE(type, field, choices, help)                                     \
    {                                                                             \
#field, CG_ATTR_CHOICE, offsetof(type, field), 1, 0, 0, 99, choices, help \
    }
#define CG_INTS(type, field, count, value, min, max, help)                              \
    {                                                                                   \
#field, CG_ATTR_INTS, offsetof(type, field), count, value, min, max, NULL, help \
    }
#define CG_LIST(type, field, count, min, max, help)                                 \
    {                                                                               \
#field, CG_ATTR_LIST, offsetof(type, field), count, 0, min, max, NULL, help \
    }
#define CG_AXES_ATTR(type, field, help)                                       \
    {                                                                         \
#field, CG_ATTR_AXES, offsetof(type, field), 1, 0, 0, 255, NULL, help \
    }
#define CG_SHAPE_ATTR(type, field, help)                                     \
    {                                                                        \
#field, CG_ATTR_SHAPE, offsetof(type, field), 1, 0, 0, 0, NULL, help \
    }

/* ---- what a kernel sees --------------------------------------------------------------------- */
enum { CG_MAX_INPUTS = 8 }; /* of an op with fixed arity; concat takes any number */

/* Raw arrays and shapes; the engine owns threads and memory. */
typedef struct {
    const void *attrs;
    int n_x;
    const cg_shape *const *xs; /* xs[i]: shape of input i */
    const float *const *x;
    const cg_shape *ys;
    float *y;
    void *scratch;       /* this thread's, as many bytes as op->scratch asked for */
    void *prepared;      /* what op->prepare made of constant inputs, or NULL */
    uint64_t seed, step; /* of the run: what random ops draw from */
} cg_call;

/* Computes items [begin, end) of the output and nothing else; calls for disjoint items may run at
 * the same time.  An item's bits depend on neither begin nor end. */
typedef void cg_kernel(const cg_call *call, int64_t begin, int64_t end);

/* The same call in double precision, whole, for the reference that defines the op. */
typedef struct {
    const void *attrs;
    int n_x;
    const cg_shape *const *xs;
    const double *const *x;
    const cg_shape *ys;
    double *y;
    uint64_t seed, step;
    uint64_t *branches; /* NULL, or where branch decisions are hashed to */
} cg_ref_call;

/* Tells the gradient checker which way a reference goes at a kink: `cg_take(c, x > 0) ? x : 0`,
 * `best = cg_take(c, best)`.  Two runs that took the same branches hash alike. */
static inline int64_t cg_take(const cg_ref_call *call, int64_t decision)
{
    if (call->branches) {
        uint64_t h = (*call->branches ^ (uint64_t)decision) * UINT64_C(0x9e3779b97f4a7c15);
        *call->branches = (h ^ (h >> 29)) + 1;
    }
    return decision;
}

/* ---- samples ---------------------------------------------------------------------------------
 * What every checker runs an op on.  Values are drawn on a grid, spread apart and off 0, within
 * (low, high) for all inputs; an input of `fixed` draws whole numbers 0..below-1 instead, or, with
 * below -1, real numbers like the others (its gradient is zero wherever there is one). */
typedef struct {
    cg_shape x[5];
    int n_x; /* 0 ends the table */
    const void *attrs;
    double low, high; /* both 0: (-1, 1) */
    int64_t below;    /* 0: 2; -1: as above */
} cg_sample;

/* ---- the batch axis --------------------------------------------------------------------------
 * How the batch (axis 0) flows through a node, given which inputs carry it. */
typedef enum {
    CG_FLOW_NONE,    /* the output does not depend on the batch              */
    CG_FLOW_ALONG,   /* row n of the output needs row n of the batched inputs only */
    CG_FLOW_REDUCED, /* the output is a sum of what the rows contribute      */
    CG_FLOW_MIXED,   /* rows meet otherwise (batch statistics): not to be cut */
} cg_flow;

/* ---- planes -----------------------------------------------------------------------------------
 * The first two axes of a value (images, channels) count its planes.  How an op meets them: */
typedef enum {
    CG_PLANES_CROSSED, /* in no way that matters                                              */
    CG_PLANES_ROWS,    /* items go through the rows of y, its first axis, in order, and row n
                          needs row n alone of each x                                         */
    CG_PLANES_WRITTEN, /* item i computes plane i of y, from whatever it needs                */
    CG_PLANES_ALONE,   /* item i computes plane i of y, and needs plane i of each x alone, or of
                          an x with one number for each channel that of its channel         */
} cg_planes;

/* ---- the descriptor --------------------------------------------------------------------------*/
enum {
    CG_ELEMENTWISE = 1, /* element i of y depends on element i of each (broadcast) x alone      */
    CG_VIEW = 2,        /* y has the bytes of x under another shape: no kernel runs             */
    CG_LAYER = 4,       /* a model file may name it as a layer: one input, no parameters        */
    CG_RANDOM = 8, /* draws from (seed, step): two nodes with equal attributes and inputs are equal,
                      two steps are not; never folded                                      */
    CG_LINEAR = 16, /* linear in each input alone: no second derivative of its own          */
};

struct cg_op {
    const char *name;    /* the word in YAML, reports and docs                               */
    const char *formula; /* y = ..., in the letters of `inputs`                              */
    const char *help;    /* one or two sentences for the docs: conventions, source, kinks    */
    const char *inputs;  /* "x w": names in order, hence the arity; "x..." takes 1 or more   */
    const char *onnx;    /* the operator's name, "" where there is none                      */
    unsigned traits;
    unsigned
        fixed; /* bit i: input i holds indices, labels or masks, or only selects: no gradient */
    const cg_attr *attrs; /* NULL where there are none                                        */
    size_t attrs_size;

    /* Fails with cg_shape_fail(node, error, "expected ..., found ...") */
    cg_status (*shape)(const cg_node *node, cg_shape *y, cg_error *error);
    /* Records d(y)/d(x[i]) applied to dy as nodes in dx[i]; NULL stays "no gradient".  The dx[i] it
     * may leave out are those for which cg_wants(node, i) is false. */
    void (*vjp)(cg_node *node, cg_node *dy, cg_node *dx[]);
    cg_flow (*flow)(const cg_node *node, const bool batched[]); /* NULL: CG_FLOW_MIXED           */

    int64_t (*items)(const cg_node *node);    /* NULL: one item per element of y                 */
    int64_t (*flops)(const cg_node *node);    /* of the whole call; NULL: one per element of y   */
    size_t (*scratch)(const cg_node *node);   /* bytes for each thread; NULL: none               */
    int64_t (*grain)(const cg_node *node);    /* items best computed together; NULL: 1           */
    cg_planes (*planes)(const cg_node *node); /* NULL: CG_PLANES_CROSSED                       */

    /* Inputs 1, 2, ... in the form that serves `forward` best: where they keep their values from
     * run to run (see cg_compile_options), `prepare` fills call->prepared once; its items do not
     * matter. */
    size_t (*prepared)(const cg_node *node); /* bytes, 0 where nothing is gained; NULL: never    */
    cg_kernel *prepare[CG_N_TIERS];

    cg_kernel *forward[CG_N_TIERS]; /* NULL entries fall back to the reference            */
    void (*reference)(const cg_ref_call *call);
    const cg_sample *samples; /* ends with n_x 0 */
};

/* For the functions of a descriptor. */
/* Of NULL, for the graph knows already that something failed, that of a scalar, and 1 behind it. */
const cg_shape *cg_node_shape(const cg_node *node);
cg_node *cg_node_input(const cg_node *node, int i);
int cg_node_arity(const cg_node *node);
const void *cg_node_attrs(const cg_node *node);
const cg_op *cg_node_op(const cg_node *node); /* NULL for a leaf */
bool cg_wants(const cg_node *node, int i);    /* does the gradient being recorded need dx[i]? */

/* Fills *error with "name: " and the message; returns CG_ESHAPE. */
cg_status cg_shape_fail(const cg_node *node, cg_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Shape rules, flows and costs that many ops share. */
cg_status cg_shape_same(const cg_node *node, cg_shape *y,
                        cg_error *error); /* as x[0]; every other input equal */
cg_status cg_shape_broadcast(const cg_node *node, cg_shape *y,
                             cg_error *error); /* NumPy's rule over all inputs */
cg_flow cg_flow_along(
    const cg_node *node,
    const bool batched[]); /* ALONG if x[0] is batched, else NONE; MIXED if only another is */
cg_flow cg_flow_elementwise(const cg_node *node,
                            const bool batched[]); /* ALONG when every batched input has y's rank */
int64_t cg_flops_per_element(const cg_node *node); /* 1 for each element of y */
int64_t cg_items_rows(const cg_node *node);        /* the first dimension of y, 1 for a scalar */
cg_planes cg_planes_alone(const cg_node *node);    /* CG_PLANES_ALONE                          */
cg_planes cg_planes_rows(const cg_node *node);     /* CG_PLANES_ROWS where x[0] flows along    */

/* The table of operations: NULL-terminated. */
extern const cg_op *const cg_ops[];
const cg_op *cg_op_find(const char *name); /* NULL if there is none */
int cg_op_arity(const cg_op *op);          /* -1 for any number     */

CG_END_API
#endif
