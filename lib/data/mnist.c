/* The source "mnist": 60,000 and 10,000 handwritten digits of 28 x 28 (LeCun, Cortes, Burges 1998),
 * under the names they were published with, plain or gzipped, in $CNNGRAPH_DATA/mnist or the
 * user's cache. */
#include "data/idx.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum { CLASSES = 10, SIDE = 28 };

static const char *const images[CG_N_PARTS] = { "train-images-idx3-ubyte",
                                                "t10k-images-idx3-ubyte" };
static const char *const labels[CG_N_PARTS] = { "train-labels-idx1-ubyte",
                                                "t10k-labels-idx1-ubyte" };

static const char *set_variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* The i-th folder to look in; NULL where its variable is not set. */
static char *folder(cg_arena *arena, int i)
{
    const char *data = set_variable("CNNGRAPH_DATA"), *cache = set_variable("XDG_CACHE_HOME");
    const char *home = set_variable("HOME");
    if (i == 0) return data ? cg_arena_printf(arena, "%s/mnist", data) : NULL;
    if (cache) return cg_arena_printf(arena, "%s/cnngraph/mnist", cache);
    return home ? cg_arena_printf(arena, "%s/.cache/cnngraph/mnist", home) : NULL;
}

/* The file, plain or with .gz, in the first folder that has it; NULL if none does. */
static const char *find(cg_arena *arena, const char *name)
{
    for (int i = 0; i < 2; i++) {
        const char *place = folder(arena, i);
        for (int zipped = 0; place && zipped < 2; zipped++) {
            const char *path = cg_arena_printf(arena, "%s/%s%s", place, name, zipped ? ".gz" : "");
            if (path && cg_file_exists(path)) return path;
        }
    }
    return NULL;
}

static bool has(const cg_data_spec *spec, int part, char where[256])
{
    (void)spec;
    cg_arena *arena = cg_arena_new();
    if (!arena) return true; /* load says what is wrong */
    bool found = find(arena, images[part]) != NULL;
    const char *data = folder(arena, 0), *cache = folder(arena, 1);
    snprintf(where, 256, "no %s[.gz] in %s or %s", images[part],
             data ? data : "$CNNGRAPH_DATA/mnist (not set)",
             cache ? cache : "~/.cache/cnngraph/mnist");
    cg_arena_free(arena);
    return found;
}

static cg_status load_found(cg_samples *samples, cg_arena *arena, int part, cg_error *error)
{
    const char *x = find(arena, images[part]), *t = find(arena, labels[part]);
    if (!x || !t)
        return cg_fail(error, CG_EDATA, "mnist: %s[.gz] is missing beside %s",
                       x ? labels[part] : images[part], x ? x : labels[part]);
    CG_TRY(cg_idx_load(samples, x, t, error));
    if (!cg_shape_equal(&samples->shape, &CG_SHAPE(1, SIDE, SIDE))) {
        char text[CG_SHAPE_TEXT];
        return cg_fail(error, CG_EDATA, "%s: images of %s, expected 1x28x28", x,
                       cg_shape_text(&samples->shape, text));
    }
    if (samples->n_classes > CLASSES)
        return cg_fail(error, CG_EDATA, "%s: a label is %d, expected 0..9", t,
                       samples->n_classes - 1);
    samples->n_classes = CLASSES;
    return CG_OK;
}

static cg_status load(cg_samples *samples, const cg_data_spec *spec, int part, cg_error *error)
{
    (void)spec;
    cg_arena *arena = cg_arena_new();
    if (!arena) return cg_fail_nomem(error, "a path");
    cg_status status = load_found(samples, arena, part, error);
    cg_arena_free(arena);
    return status;
}

const cg_source cg_source_mnist = {
    .name = "mnist",
    .help = "handwritten digits, 60000 and 10000 of 28x28, from $CNNGRAPH_DATA/mnist or the cache",
    .has = has,
    .load = load,
};
