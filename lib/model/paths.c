/* The paths in a model file: written out in full, so that the resolved file means the same files
 * wherever it is copied, as into a run's folder. */
#include "model/paths.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

/* "/home/me/models/", or what stands for it when the current folder has no name. */
static const char *full_folder(cg_arena *arena, const char *folder)
{
    char here[PATH_MAX];
    if (folder && folder[0] == '/') return folder;
    if (!getcwd(here, sizeof here)) return folder ? folder : "";
    return cg_arena_printf(arena, "%s/%s", here, folder ? folder : "");
}

/* What the command line sets starts from the current folder, as paths there do. */
static void write_out(cg_arena *arena, cg_tree *path, const char *folder,
                      cg_diagnostics *diagnostics)
{
    bool is_name = path->kind == CG_TREE_SCALAR && !cg_tree_is_null(path) && path->text[0];
    if (!is_name || path->text[0] == '/') return;
    const char *start = full_folder(arena, cg_mark_is_users(path->mark) ? NULL : folder);
    const char *name = path->text;
    while (!strncmp(name, "./", 2)) name += 2;
    const char *full = start ? cg_arena_printf(arena, "%s%s", start, name) : NULL;
    if (!full) {
        cg_diagnostics_no_memory(diagnostics);
    } else if (!cg_tree_may_hold(full)) {
        cg_diagnose(diagnostics, path->mark, NULL,
                    "rename the folder, for the model file of a run tells its full path",
                    "the path of '%s' begins with %s, which has control characters or is not UTF-8",
                    name, start);
    } else {
        path->text = full;
    }
}

void cg_write_out_paths(cg_arena *arena, cg_tree *root, const char *folder,
                        cg_diagnostics *diagnostics)
{
    static const char *const keys[] = { "images", "labels", "files" };
    const cg_tree *data = cg_tree_find(root, "data"), *train = cg_tree_find(root, "train");
    cg_tree *from = train && train->kind == CG_TREE_MAP ? cg_tree_find(train, "from") : NULL;
    if (from) write_out(arena, from, folder, diagnostics);
    for (int k = 0; k < 3 && data && data->kind == CG_TREE_MAP; k++) {
        const cg_tree *files = cg_tree_find(data, keys[k]);
        bool is_map = files && files->kind == CG_TREE_MAP;
        for (int i = 0; is_map && i < files->n; i++)
            write_out(arena, files->item[i], folder, diagnostics);
    }
}
