#include "data/arrays.h"

#include "base/budget.h"
#include "base/error.h"

#include <inttypes.h>
#include <math.h>

/* ---- the shape of a sample ----------------------------------------------------------------- */
static bool is_turned(const cg_shape *found, const cg_shape *wanted)
{
    return found->rank == 3 && wanted->rank == 3 && !cg_shape_equal(found, wanted) &&
           cg_shape_equal(&CG_SHAPE(found->dim[2], found->dim[0], found->dim[1]), wanted);
}

/* What the array holds, in the shape that is wanted where that is the same thing. */
static cg_shape sample_shape(const cg_shape *found, const cg_shape *wanted)
{
    bool is_flat = found->rank < 2, is_plane = found->rank == 2;
    if (is_turned(found, wanted)) return *wanted;
    if (is_flat && wanted->rank && cg_shape_size(found) == cg_shape_size(wanted)) return *wanted;
    if (is_plane && wanted->rank != 2) return CG_SHAPE(1, found->dim[0], found->dim[1]);
    return is_flat && !found->rank ? CG_SHAPE(1) : *found;
}

/* Where value k of a sample in C H W lies in one of H W C. */
static int64_t turned(const cg_shape *shape, int64_t k)
{
    int64_t plane = shape->dim[1] * shape->dim[2];
    return k % plane * shape->dim[0] + k / plane;
}

/* Bytes of memory. */
static int64_t held(const cg_named_array *a)
{
    return a && a->array.bytes ? cg_shape_size(&a->array.shape) * a->array.size : 0;
}

/* ---- headers ------------------------------------------------------------------------------- */
/* Of the axes behind the first. */
static cg_shape shape_of_one(const cg_npy *x)
{
    cg_shape one = { .rank = x->shape.rank - 1 };
    for (int i = 0; i < one.rank; i++) one.dim[i] = x->shape.dim[i + 1];
    return one;
}

static cg_status check_samples(const cg_npy *x, const char *name, const cg_data_spec *spec,
                               cg_error *error)
{
    char found[CG_SHAPE_TEXT], expected[CG_SHAPE_TEXT];
    if (x->shape.rank < 1) return cg_fail(error, CG_EDATA, "%s: a single number", name);
    cg_shape one = shape_of_one(x), sample = sample_shape(&one, &spec->shape);
    if (spec->shape.rank == 0 || cg_shape_equal(&sample, &spec->shape)) return CG_OK;
    return cg_fail(error, CG_EDATA, "%s: samples are %s, the model takes %s", name,
                   cg_shape_text(&sample, found), cg_shape_text(&spec->shape, expected));
}

static cg_status check_targets(const cg_npy *y, const char *name, const cg_named_array *x,
                               const cg_data_spec *spec, cg_error *error)
{
    int64_t n = x->array.shape.dim[0], n_y = y->shape.rank ? y->shape.dim[0] : 1;
    if (y->shape.rank < 1 || n_y != n)
        return cg_fail(error, CG_EDATA, "%s: %" PRId64 " samples, but %s: %" PRId64, x->name, n,
                       name, n_y);
    if (spec->target == CG_TARGET_VALUES || cg_shape_size(&y->shape) == n) return CG_OK;
    return cg_fail(error, CG_EDATA,
                   "%s: %d axes, expected one label a sample; `target: values` takes more", name,
                   y->shape.rank);
}

cg_status cg_array_read(cg_named_array *to, const cg_input *in, const cg_named_array *x,
                        const cg_data_spec *spec, cg_error *error)
{
    CG_TRY(cg_npy_read_header(&to->array, in, error));
    CG_TRY(x ? check_targets(&to->array, to->name, x, spec, error)
             : check_samples(&to->array, to->name, spec, error));
    cg_input beside = *in;
    beside.held = held(x);
    return cg_npy_read_data(&to->array, &beside, error);
}

/* ---- samples ------------------------------------------------------------------------------- */
/* For n values more; arrays stay until theirs are taken over. */
static cg_status check_room(const cg_samples *s, const cg_named_array *x, const cg_named_array *y,
                            int64_t n, size_t size, cg_error *error)
{
    int64_t taken = s->values   ? s->n * cg_shape_size(&s->shape) * (int64_t)sizeof *s->values
                    : s->images ? s->n * cg_shape_size(&s->shape)
                                : 0;
    return cg_budget_check(s->budget, x->name, held(x) + held(y) + taken + n * (int64_t)size,
                           error);
}

static cg_status take_bytes(cg_samples *s, cg_named_array *from, const cg_named_array *y, bool turn,
                            cg_error *error)
{
    cg_npy *x = &from->array;
    int64_t size = cg_shape_size(&s->shape);
    if (!turn) {
        s->images = x->bytes;
        x->bytes = NULL;
        return CG_OK;
    }
    CG_TRY(check_room(s, from, y, s->n * size, 1, error));
    s->images = cg_alloc((size_t)s->n, (size_t)size);
    if (!s->images) return cg_fail_nomem(error, "images");
    for (int64_t i = 0; i < s->n; i++)
        for (int64_t k = 0; k < size; k++)
            s->images[i * size + k] = x->bytes[i * size + turned(&s->shape, k)];
    return CG_OK;
}

static cg_status take_values(cg_samples *s, const cg_named_array *x, const cg_named_array *y,
                             bool turn, cg_error *error)
{
    int64_t size = cg_shape_size(&s->shape);
    CG_TRY(check_room(s, x, y, s->n * size, sizeof *s->values, error));
    s->values = cg_alloc((size_t)s->n, (size_t)size * sizeof *s->values);
    if (!s->values) return cg_fail_nomem(error, "samples");
    for (int64_t i = 0; i < s->n; i++)
        for (int64_t k = 0; k < size; k++) {
            double v = cg_npy_value(&x->array, i * size + (turn ? turned(&s->shape, k) : k));
            if (!isfinite((float)v))
                return cg_fail(error, CG_EDATA, "%s: value %" PRId64 " of sample %" PRId64 " is %g",
                               x->name, k, i, v);
            s->values[i * size + k] = (float)v;
        }
    return CG_OK;
}

/* ---- what is to be learnt ------------------------------------------------------------------ */
static cg_status take_labels(cg_samples *s, const cg_named_array *y, cg_error *error)
{
    s->labels = cg_alloc((size_t)s->n, 1);
    if (!s->labels) return cg_fail_nomem(error, "labels");
    for (int64_t i = 0; i < s->n; i++) {
        double v = cg_npy_value(&y->array, i);
        if (!(v >= 0 && v < CG_MAX_CLASSES) || v != floor(v))
            return cg_fail(error, CG_EDATA,
                           "%s: label %" PRId64 " is %g, expected a whole number of 0..%d; "
                           "`target: values` takes others",
                           y->name, i, v, CG_MAX_CLASSES - 1);
        s->labels[i] = (uint8_t)v;
        if (s->labels[i] >= s->n_classes) s->n_classes = s->labels[i] + 1;
    }
    return CG_OK;
}

static cg_status take_targets(cg_samples *s, const cg_named_array *x, const cg_named_array *y,
                              cg_error *error)
{
    s->n_targets = cg_shape_size(&y->array.shape) / s->n;
    CG_TRY(check_room(s, y, x, s->n * s->n_targets, sizeof *s->targets, error));
    s->targets = cg_alloc((size_t)s->n, (size_t)s->n_targets * sizeof *s->targets);
    if (!s->targets) return cg_fail_nomem(error, "target values");
    for (int64_t i = 0; i < s->n * s->n_targets; i++) {
        double v = cg_npy_value(&y->array, i);
        if (!isfinite((float)v))
            return cg_fail(error, CG_EDATA, "%s: value %" PRId64 " of sample %" PRId64 " is %g",
                           y->name, i % s->n_targets, i / s->n_targets, v);
        s->targets[i] = (float)v;
    }
    return CG_OK;
}

cg_status cg_samples_from_arrays(cg_samples *s, cg_named_array *x, const cg_named_array *y,
                                 const cg_data_spec *spec, cg_error *error)
{
    cg_shape one = shape_of_one(&x->array);
    s->n = x->array.shape.dim[0];
    s->shape = sample_shape(&one, &spec->shape);
    bool turn = is_turned(&one, &spec->shape),
         is_bytes = x->array.kind == 'u' && x->array.size == 1;
    CG_TRY(is_bytes ? take_bytes(s, x, y, turn, error) : take_values(s, x, y, turn, error));
    if (!y) return CG_OK;
    return spec->target == CG_TARGET_VALUES ? take_targets(s, x, y, error)
                                            : take_labels(s, y, error);
}
