/* Attributes by their table: defaults, ranges, comparison, text. */
#include "graph/graph.h"

#include "base/error.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const void *field(const void *attrs, const cg_attr *a)
{
    return (const char *)attrs + a->offset;
}

static const char *word(const char *choices, int64_t index, size_t *length)
{
    for (; index > 0 && choices; index--) {
        choices = strchr(choices, ' ');
        if (choices) choices++;
    }
    *length = choices ? strcspn(choices, " ") : 0;
    return choices ? choices : "";
}

static cg_status complete_number(const cg_op *op, const cg_attr *a, double value,
                                 bool *takes_default, cg_error *error)
{
    char found[32], low[32], high[32];
    bool is_inside = value >= a->min && value <= a->max;
    *takes_default = value == 0 && !is_inside;
    if (is_inside || *takes_default) return CG_OK;
    return cg_fail(error, CG_ESHAPE, "%s: %s is %s, must be %s to %s", op->name, a->name,
                   cg_format_real(value, found), cg_format_real(a->min, low),
                   cg_format_real(a->max, high));
}

static cg_status complete_field(const cg_op *op, const cg_attr *a, void *attrs, cg_error *error)
{
    char *at = (char *)attrs + a->offset;
    bool takes_default;
    size_t length;
    double real;
    int64_t whole;
    switch (a->type) {
    case CG_ATTR_REAL:
        memcpy(&real, at, sizeof real);
        CG_TRY(complete_number(op, a, real, &takes_default, error));
        if (takes_default) memcpy(at, &a->value, sizeof real);
        return CG_OK;
    case CG_ATTR_CHOICE:
        memcpy(&whole, at, sizeof whole);
        if (whole >= 0 && whole <= 99 && *word(a->choices, whole, &length)) return CG_OK;
        return cg_fail(error, CG_ESHAPE, "%s: %s must be one of: %s", op->name, a->name,
                       a->choices);
    case CG_ATTR_SHAPE:
        return CG_OK; /* the op's shape rule knows what it must be */
    case CG_ATTR_INT:
    case CG_ATTR_BOOL:
    case CG_ATTR_INTS:
    case CG_ATTR_LIST:
    case CG_ATTR_AXES:
        for (int i = 0; i < a->count; i++, at += sizeof whole) {
            memcpy(&whole, at, sizeof whole);
            CG_TRY(complete_number(op, a, (double)whole, &takes_default, error));
            if (!takes_default) continue;
            whole = (int64_t)a->value;
            memcpy(at, &whole, sizeof whole);
        }
        return CG_OK;
    }
    return cg_fail(error, CG_EINTERNAL, "%s: %s has an unknown type", op->name, a->name);
}

cg_status cg_attrs_complete(const cg_op *op, void *attrs, cg_error *error)
{
    for (const cg_attr *a = op->attrs; a && a->name; a++)
        CG_TRY(complete_field(op, a, attrs, error));
    return CG_OK;
}

/* Field by field: the padding of a struct and a shape's unused dimensions say nothing. */
bool cg_attrs_equal(const cg_op *op, const void *a, const void *b)
{
    for (const cg_attr *t = op->attrs; t && t->name; t++) {
        if (t->type == CG_ATTR_SHAPE) {
            if (!cg_shape_equal(field(a, t), field(b, t))) return false;
        } else if (memcmp(field(a, t), field(b, t), 8 * (size_t)t->count) != 0) {
            return false;
        }
    }
    return true;
}

/* ---- text ----------------------------------------------------------------------------------- */

static const char *ints_text(const int64_t *v, int n, cg_arena *arena)
{
    char text[24 * CG_MAX_RANK + 3];
    int used = snprintf(text, sizeof text, "[");
    for (int i = 0; i < n && used < (int)sizeof text; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "%s%lld", i ? "," : "",
                         (long long)v[i]);
    return cg_arena_printf(arena, "%s]", text);
}

static const char *axes_text(int64_t mask, cg_arena *arena)
{
    int64_t axis[CG_MAX_RANK];
    int n = 0;
    for (int i = 0; i < CG_MAX_RANK; i++)
        if (mask >> i & 1) axis[n++] = i;
    return ints_text(axis, n, arena);
}

static const char *value_text(const cg_attr *a, const void *at, cg_arena *arena)
{
    char buffer[CG_SHAPE_TEXT];
    size_t length;
    int64_t whole = 0;
    double real = 0;
    if (a->type == CG_ATTR_REAL)
        memcpy(&real, at, sizeof real);
    else if (a->type != CG_ATTR_SHAPE)
        memcpy(&whole, at, sizeof whole);
    switch (a->type) {
    case CG_ATTR_INT:
        return cg_arena_printf(arena, "%lld", (long long)whole);
    case CG_ATTR_REAL:
        return cg_arena_text(arena, cg_format_real(real, buffer));
    case CG_ATTR_BOOL:
        return whole ? "true" : "false";
    case CG_ATTR_AXES:
        return axes_text(whole, arena);
    case CG_ATTR_SHAPE:
        return cg_arena_text(arena, cg_shape_text(at, buffer));
    case CG_ATTR_INTS:
    case CG_ATTR_LIST:
        return ints_text(at, a->count, arena);
    case CG_ATTR_CHOICE: {
        const char *text = word(a->choices, whole, &length);
        return cg_arena_printf(arena, "%.*s", (int)length, text);
    }
    }
    return "?";
}

static bool is_default(const cg_attr *a, const void *at)
{
    double real;
    if (a->type == CG_ATTR_SHAPE) return false;
    if (a->type == CG_ATTR_REAL) {
        memcpy(&real, at, sizeof real);
        /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): bits are meant, -0 is not 0 */
        return memcmp(&real, &a->value, sizeof real) == 0;
    }
    const int64_t *whole = at;
    for (int i = 0; i < a->count; i++)
        if (whole[i] != (int64_t)a->value) return false;
    return true;
}

const char *cg_attrs_text(const cg_op *op, const void *attrs, cg_arena *arena)
{
    const char *text = "";
    for (const cg_attr *a = attrs ? op->attrs : NULL; a && a->name && text; a++) {
        if (is_default(a, field(attrs, a))) continue;
        const char *value = value_text(a, field(attrs, a), arena);
        text = value ? cg_arena_printf(arena, "%s %s=%s", text, a->name, value) : NULL;
    }
    return text;
}
