/* The source "idx": files that the model file names. */
#include "data/idx.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdio.h>

/* The files are the user's own: that one is missing is an error of load, never a reason to fall
 * back. */
static bool has(const cg_data_spec *spec, int part, char where[256])
{
    (void)spec, (void)part;
    *where = '\0';
    return true;
}

/* Relative paths start from the folder of the model file. */
static const char *resolve(cg_arena *arena, const cg_data_spec *spec, const char *path)
{
    bool stands_alone = path[0] == '/' || !spec->base || !spec->base[0];
    return stands_alone ? path : cg_arena_printf(arena, "%s/%s", spec->base, path);
}

static cg_status load(cg_samples *samples, const cg_data_spec *spec, int part, cg_error *error)
{
    if (!spec->images[part] || !spec->labels[part])
        return cg_fail(error, CG_EDATA, "no %s file is given for the part '%s'",
                       spec->images[part] ? "labels" : "images", cg_part_names[part]);
    cg_arena *arena = cg_arena_new();
    const char *images = arena ? resolve(arena, spec, spec->images[part]) : NULL;
    const char *labels = arena ? resolve(arena, spec, spec->labels[part]) : NULL;
    cg_status status = images && labels ? cg_idx_load(samples, images, labels, error)
                                        : cg_fail_nomem(error, "a path");
    cg_arena_free(arena);
    return status;
}

const cg_source cg_source_idx = {
    .name = "idx",
    .help = "images and labels in IDX files, plain or gzipped",
    .has = has,
    .load = load,
};
