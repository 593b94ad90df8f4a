/* The source "idx": files that the model file names. */
#include "data/idx.h"

#include "base/error.h"
#include "base/memory.h"

static cg_status load(cg_samples *samples, const cg_data_spec *spec, int part, cg_error *error)
{
    if (!spec->labels[part] && spec->target == CG_TARGET_CLASS)
        return cg_fail(error, CG_EDATA, "no labels file is given for the part '%s'",
                       cg_part_names[part]);
    cg_arena *arena = cg_arena_new();
    const char *images = arena ? cg_source_path(arena, spec, spec->images[part]) : NULL;
    const char *labels = NULL;
    if (arena && spec->labels[part]) labels = cg_source_path(arena, spec, spec->labels[part]);
    cg_status status = images && (labels || !spec->labels[part])
                           ? cg_idx_load(samples, images, labels, error)
                           : cg_fail_nomem(error, "a path");
    cg_arena_free(arena);
    return status;
}

const cg_source cg_source_idx = {
    .kind = { .name = "idx",
              .help = "images and labels in IDX files, plain or gzipped",
              .is_format = true,
              .labels_apart = true },
    .load = load,
};
