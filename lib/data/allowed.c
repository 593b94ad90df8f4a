#include "data/allowed.h"

#include "base/error.h"
#include "base/memory.h"
#include "data/source.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "/a/./b//../c" becomes "/a/c"; a relative path starts from the current folder: NULL where that
 * has no name. */
static cg_status plain_path(cg_arena *arena, const char *path, const char **plain)
{
    char here[PATH_MAX] = "";
    *plain = NULL;
    if (path[0] != '/' && !getcwd(here, sizeof here)) return CG_OK;
    char *full = cg_arena_printf(arena, "%s/%s", here, path), *to = full;
    if (!full) return CG_ENOMEM;
    for (const char *p = full; *p;) {
        p += strspn(p, "/");
        size_t n = strcspn(p, "/");
        if (n == 2 && !strncmp(p, "..", 2)) {
            while (to > full && *--to != '/') continue;
        } else if (n && !(n == 1 && *p == '.')) {
            *to++ = '/';
            memmove(to, p, n);
            to += n;
        }
        p += n;
    }
    *to = '\0';
    *plain = full;
    return CG_OK;
}

static bool is_within(const char *path, const char *folder)
{
    size_t n = folder ? strlen(folder) : 0;
    return path && folder && !strncmp(path, folder, n) && (!path[n] || path[n] == '/');
}

static cg_status check(cg_arena *arena, const cg_data_spec *spec, const char *name, cg_place place,
                       cg_error *error)
{
    const char *set = getenv("CNNGRAPH_DATA"), *path = cg_source_path(arena, spec, name);
    const char *const folders[] = { spec->base ? spec->base : ".", set && *set ? set : NULL,
                                    spec->allowed };
    const char *plain = NULL, *root;
    cg_status status = path ? plain_path(arena, path, &plain) : CG_ENOMEM;
    for (size_t i = 0; status == CG_OK && i < sizeof folders / sizeof *folders; i++) {
        if (!folders[i]) continue;
        status = plain_path(arena, folders[i], &root);
        if (status == CG_OK && is_within(plain, root)) return CG_OK;
    }
    if (status != CG_OK) return cg_fail_nomem(error, "a path");
    return cg_fail_at(
        error, CG_EDATA, place,
        "'%.200s' is outside the model file's folder and $CNNGRAPH_DATA; if you trust "
        "the file, --allow-paths reads it",
        name);
}

cg_status cg_check_path(const cg_data_spec *spec, const char *path, cg_place place, cg_error *error)
{
    cg_arena *arena = path && place.line ? cg_arena_new() : NULL;
    if (!path || !place.line) return CG_OK;
    cg_status status =
        arena ? check(arena, spec, path, place, error) : cg_fail_nomem(error, "a path");
    cg_arena_free(arena);
    return status;
}

cg_status cg_check_allowed(const cg_data_spec *spec, const bool needed[2], cg_error *error)
{
    for (int i = 0; i < 2; i++) {
        if (!needed[i]) continue;
        CG_TRY(cg_check_path(spec, spec->images[i], spec->images_place[i], error));
        CG_TRY(cg_check_path(spec, spec->labels[i], spec->labels_place[i], error));
    }
    return CG_OK;
}
