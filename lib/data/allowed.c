#include "data/allowed.h"

#include "base/error.h"
#include "base/memory.h"
#include "data/source.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- texts ---------------------------------------------------------------------------------- */
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

/* ---- what is allowed ----------------------------------------------------------------------- */
enum { N_FOLDERS = 3 };

/* NULL: there is no such folder. */
static void list_folders(const cg_data_spec *spec, const char *folders[N_FOLDERS])
{
    const char *set = getenv("CNNGRAPH_DATA");
    folders[0] = spec->base ? spec->base : ".";
    folders[1] = set && *set ? set : NULL;
    folders[2] = spec->allowed;
}

static cg_status refuse(const char *name, const char *how, cg_place place, cg_error *error)
{
    return cg_fail_at(error, CG_EDATA, place,
                      "'%.200s' %s outside the model file's folder and $CNNGRAPH_DATA; if you "
                      "trust the file, --allow-paths reads it",
                      name, how);
}

static cg_status check_text(cg_arena *arena, const cg_data_spec *spec, const char *path,
                            const char *name, cg_place place, cg_error *error)
{
    const char *folders[N_FOLDERS], *plain, *root;
    list_folders(spec, folders);
    cg_status status = plain_path(arena, path, &plain);
    for (int i = 0; status == CG_OK && i < N_FOLDERS; i++) {
        if (!folders[i]) continue;
        status = plain_path(arena, folders[i], &root);
        if (status == CG_OK && is_within(plain, root)) return CG_OK;
    }
    return status == CG_OK ? refuse(name, "is", place, error) : cg_fail_nomem(error, "a path");
}

/* Where the path ends when all links are followed, as those of the folders are. */
static cg_status check_links(const cg_data_spec *spec, const char *path, const char *name,
                             cg_place place, cg_error *error)
{
    char real[PATH_MAX], root[PATH_MAX];
    const char *folders[N_FOLDERS];
    struct stat st;
    list_folders(spec, folders);
    if (!realpath(path, real)) {
        bool is_absent = errno == ENOENT || errno == ENOTDIR;
        if (!is_absent)
            return cg_fail_at(error, cg_unless_nomem(CG_EDATA), place, "'%.200s': %s", name,
                              strerror(errno));
        /* A link in /proc leads to what is open, though it has no path any more. */
        return stat(path, &st) != 0 ? CG_OK : refuse(name, "leads, by a link,", place, error);
    }
    for (int i = 0; i < N_FOLDERS; i++)
        if (folders[i] && realpath(folders[i], root) && is_within(real, root[1] ? root : ""))
            return CG_OK;
    return refuse(name, "leads, by a link,", place, error);
}

static cg_status check_kind(const char *path, const char *name, cg_place place, cg_error *error)
{
    struct stat st;
    if (stat(path, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) return CG_OK;
    return cg_fail_at(error, CG_EDATA, place, "'%.200s' is neither a file nor a folder", name);
}

static cg_status check(cg_arena *arena, const cg_data_spec *spec, const char *name, cg_place place,
                       cg_error *error)
{
    const char *path = cg_source_path(arena, spec, name);
    if (!path) return cg_fail_nomem(error, "a path");
    CG_TRY(check_text(arena, spec, path, name, place, error));
    CG_TRY(check_links(spec, path, name, place, error));
    return check_kind(path, name, place, error);
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

cg_status cg_check_link(const cg_data_spec *spec, const char *path, cg_place place, cg_error *error)
{
    struct stat st;
    if (!place.line || lstat(path, &st) != 0 || !S_ISLNK(st.st_mode)) return CG_OK;
    return check_links(spec, path, path, place, error);
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
