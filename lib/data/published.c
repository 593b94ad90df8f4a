/* Where sets that were published lie on this machine. */
#include "data/source.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *set_variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* The i-th folder to look in; false where its variable is not set. */
static bool folder(const char *set, int i, char path[CG_SOURCE_PATH])
{
    const char *data = set_variable("CNNGRAPH_DATA"), *cache = set_variable("XDG_CACHE_HOME");
    const char *home = set_variable("HOME");
    const char *root = i == 0 ? data : cache ? cache : home;
    const char *inner = i == 0 ? "" : cache ? "/cnngraph" : "/.cache/cnngraph";
    return root && snprintf(path, CG_SOURCE_PATH, "%s%s/%s", root, inner, set) < CG_SOURCE_PATH;
}

bool cg_published_folder(const char *set, char path[CG_SOURCE_PATH])
{
    return folder(set, 0, path) || folder(set, 1, path);
}

bool cg_published_find(const char *set, const char *name, bool may_be_zipped,
                       char path[CG_SOURCE_PATH])
{
    for (int i = 0; i < 2; i++) {
        if (!folder(set, i, path)) continue;
        size_t length = strlen(path), room = CG_SOURCE_PATH - length;
        for (int zipped = 0, most = may_be_zipped ? 1 : 0; zipped <= most; zipped++) {
            int n = snprintf(path + length, room, "/%s%s", name, zipped ? ".gz" : "");
            if (n < (int)room && cg_file_exists(path)) return true;
        }
    }
    return false;
}

/* Folders by their variables, whose values are nobody else's business. */
void cg_published_where(const char *set, const char *name, bool may_be_zipped, char where[256])
{
    const char *data = set_variable("CNNGRAPH_DATA"), *cache = set_variable("XDG_CACHE_HOME");
    snprintf(where, 256, "no %s%s in $CNNGRAPH_DATA/%s%s or %s/cnngraph/%s", name,
             may_be_zipped ? "[.gz]" : "", set, data ? "" : " (not set)",
             cache ? "$XDG_CACHE_HOME" : "~/.cache", set);
}
