/* Mistakes to plant into a recorded gradient: in the whole of it, in the formula of one of its
 * nodes, or in an attribute of one of them (a stride that is ignored, the wrong axis). */
#include "check/mistake.h"

#include <cnngraph/ops.h>

#include <stdio.h>
#include <string.h>

/* ---- in the whole gradient
 * ---------------------------------------------------------------------*/
static cg_node *wrong_sign(cg_node *dx)
{
    return cg_neg(dx);
}

static cg_node *too_large(cg_node *dx)
{
    return cg_scale(dx, 1.5);
}

static cg_node *missing(cg_node *dx)
{
    return cg_constant_like(dx, 0);
}

/* The last element comes first. */
static cg_node *shifted(cg_node *dx, int axis)
{
    cg_shape head = dx->shape, tail = dx->shape;
    int64_t begin[CG_MAX_RANK] = { 0 }, start[CG_MAX_RANK] = { 0 };
    head.dim[axis]--;
    tail.dim[axis] = 1;
    start[axis] = head.dim[axis];
    cg_node *part[] = { cg_slice(dx, start, tail, NULL), cg_slice(dx, begin, head, NULL) };
    return cg_concat(2, part, axis);
}

static cg_node *shifted_by_one(cg_node *dx)
{
    for (int axis = dx->shape.rank - 1; axis >= 0; axis--)
        if (dx->shape.dim[axis] > 1) return shifted(dx, axis);
    return NULL;
}

/* The values of the transposed matrix in the memory of the matrix. */
static cg_node *transposed(cg_node *dx)
{
    int rank = dx->shape.rank;
    if (rank < 2) return NULL;
    int64_t order[CG_MAX_RANK] = { 0 };
    for (int i = 0; i < rank; i++) order[i] = i;
    order[rank - 1] = rank - 2;
    order[rank - 2] = rank - 1;
    return cg_reshape(cg_transpose(dx, order), dx->shape);
}

static const struct {
    const char *text;
    cg_node *(*make)(cg_node *dx);
} whole[] = {
    { "sign", wrong_sign },       { "1.5 times too large", too_large },
    { "missing", missing },       { "shifted by one", shifted_by_one },
    { "transposed", transposed },
};
enum { N_WHOLE = sizeof whole / sizeof *whole };

/* ---- in the formula of one node
 * -----------------------------------------------------------------*/
static cg_node *operand(const cg_node *node, int i)
{
    bool fits = i < node->n_x && node->n_x <= 2 && !(node->op->fixed >> i & 1) &&
                cg_shape_equal(&node->x[i]->shape, &node->shape);
    return fits ? node->x[i] : NULL;
}

static cg_node *first_alone(cg_node *node)
{
    return operand(node, 0);
}

static cg_node *second_alone(cg_node *node)
{
    return operand(node, 1);
}

static cg_node *swapped(cg_node *node)
{
    if (node->n_x != 2 || !cg_shape_equal(&node->x[0]->shape, &node->x[1]->shape)) return NULL;
    return cg_record2(node->op, node->attrs, node->x[1], node->x[0]);
}

static const struct {
    const char *text;
    cg_node *(*make)(cg_node *node);
} formula[] = {
    { "first operand alone", first_alone },
    { "second operand alone", second_alone },
    { "operands swapped", swapped },
};
enum { N_FORMULA = sizeof formula / sizeof *formula };

/* ---- in an attribute of one node
 * -----------------------------------------------------------------*/
typedef union {
    max_align_t align;
    char bytes[1024];
} attrs_copy;

/* Sets an attribute to its default: as if the code had forgotten it.  False if it is there. */
static bool ignore(const cg_attr *attr, char *field)
{
    bool changed = false;
    double real;
    int64_t whole_number;
    for (int i = 0; i < attr->count; i++) {
        if (attr->type == CG_ATTR_REAL) {
            memcpy(&real, field, sizeof real);
            changed = real != attr->value;
            memcpy(field, &attr->value, sizeof real);
        } else {
            memcpy(&whole_number, field + (size_t)i * sizeof whole_number, sizeof whole_number);
            changed |= whole_number != (int64_t)attr->value;
            whole_number = (int64_t)attr->value;
            memcpy(field + (size_t)i * sizeof whole_number, &whole_number, sizeof whole_number);
        }
    }
    return changed;
}

static int64_t other(const cg_attr *attr, int64_t value)
{
    switch (attr->type) {
    case CG_ATTR_BOOL:
        return !value;
    case CG_ATTR_AXES:
        return value ? value << 1 : 1;
    default:
        return (double)value < attr->max ? value + 1 : value - 1;
    }
}

/* Sets it to a neighbour: off by one, the axis beside, twice as much. */
static bool mistake_for_another(const cg_attr *attr, char *field)
{
    if (attr->type == CG_ATTR_REAL) {
        double real;
        memcpy(&real, field, sizeof real);
        real *= 2;
        memcpy(field, &real, sizeof real);
        return real >= attr->min && real <= attr->max;
    }
    for (int i = 0; i < attr->count; i++) {
        int64_t value;
        memcpy(&value, field + (size_t)i * sizeof value, sizeof value);
        value = other(attr, value);
        memcpy(field + (size_t)i * sizeof value, &value, sizeof value);
    }
    return true;
}

/* Cut off or filled with zeros at the end of each axis, as wrong code that runs at all would. */
static cg_node *fit(cg_node *node, cg_shape shape)
{
    if (!node || cg_shape_equal(&node->shape, &shape)) return node;
    if (cg_shape_size(&node->shape) == cg_shape_size(&shape)) return cg_reshape(node, shape);
    if (node->shape.rank != shape.rank) return NULL;
    int64_t zero[CG_MAX_RANK] = { 0 }, after[CG_MAX_RANK] = { 0 };
    cg_shape common = shape;
    for (int i = 0; i < shape.rank; i++) {
        if (node->shape.dim[i] < shape.dim[i]) common.dim[i] = node->shape.dim[i];
        after[i] = shape.dim[i] - common.dim[i];
    }
    return cg_pad(cg_slice(node, zero, common, NULL), zero, after, CG_PAD_ZERO);
}

static cg_node *with_wrong_attr(cg_node *node, const cg_attr *attr, bool ignored)
{
    attrs_copy copy;
    if (attr->type == CG_ATTR_SHAPE || node->op->attrs_size > sizeof copy) return NULL;
    memcpy(&copy, node->attrs, node->op->attrs_size);
    char *field = copy.bytes + attr->offset;
    if (!(ignored ? ignore(attr, field) : mistake_for_another(attr, field))) return NULL;
    return fit(cg_record(node->graph, node->op, &copy, node->n_x, node->x), node->shape);
}

/* ---- planting
 * ------------------------------------------------------------------------------------*/
/* Records again what leads from `from` to a node, with `to` in its place. */
typedef struct {
    cg_node *from, *to;
    int first;
    cg_node **again; /* by id */
} transplant;

static cg_node *transplanted(const transplant *t, cg_node *node)
{
    cg_node *x[CG_MAX_INPUTS];
    bool changed = false;
    if (node == t->from) return t->to;
    if (node->id < t->first || node->n_x > CG_MAX_INPUTS) return node;
    if (t->again[node->id]) return t->again[node->id];
    for (int i = 0; i < node->n_x; i++) {
        x[i] = transplanted(t, node->x[i]);
        if (!x[i]) return NULL;
        changed |= x[i] != node->x[i];
    }
    cg_node *again = changed ? cg_record(node->graph, node->op, node->attrs, node->n_x, x) : node;
    t->again[node->id] = again;
    return again;
}

static cg_planted plant_at(cg_node **dx, int first, cg_node *node, cg_node *wrong)
{
    if (!wrong) return CG_NOT_FITTING;
    transplant t = { node, wrong, first, cg_alloc((size_t)(*dx)->id + 1, sizeof *t.again) };
    cg_node *result = t.again ? transplanted(&t, *dx) : NULL;
    cg_release(t.again);
    if (!result || result == *dx) return CG_NOT_FITTING;
    *dx = result;
    return CG_PLANTED;
}

static int n_attrs(const cg_node *node)
{
    int n = 0;
    while (node->op->attrs && node->op->attrs[n].name) n++;
    return n;
}

/* Mistake `number` of one node; subtracts from number how many it has. */
static cg_planted plant_in_node(cg_node **dx, int first, cg_node *node, int *number, char *text)
{
    int mine = *number, n = N_FORMULA + 2 * n_attrs(node);
    *number -= n;
    if (mine >= n) return CG_NO_MORE;
    if (mine < N_FORMULA) {
        snprintf(text, CG_MISTAKE_TEXT, "%s: %s", node->op->name, formula[mine].text);
        return plant_at(dx, first, node, formula[mine].make(node));
    }
    const cg_attr *attr = &node->op->attrs[(mine - N_FORMULA) / 2];
    bool ignored = (mine - N_FORMULA) % 2 == 0;
    snprintf(text, CG_MISTAKE_TEXT, "%s: %s %s", node->op->name, attr->name,
             ignored ? "ignored" : "wrong");
    return plant_at(dx, first, node, with_wrong_attr(node, attr, ignored));
}

cg_planted cg_mistake_plant(cg_node **dx, int first, int number, char text[CG_MISTAKE_TEXT])
{
    cg_graph *graph = (*dx)->graph;
    if (number < N_WHOLE) {
        snprintf(text, CG_MISTAKE_TEXT, "%s", whole[number].text);
        cg_node *wrong = whole[number].make(*dx);
        if (wrong) *dx = wrong;
        return wrong ? CG_PLANTED : CG_NOT_FITTING;
    }
    number -= N_WHOLE;
    bool *needed = cg_graph_needed(graph, 1, dx);
    cg_planted planted = CG_NO_MORE;
    int last = (*dx)->id;
    for (int id = first; needed && id <= last && planted == CG_NO_MORE; id++)
        if (needed[id] && graph->node[id]->op)
            planted = plant_in_node(dx, first, graph->node[id], &number, text);
    cg_release(needed);
    return planted;
}
