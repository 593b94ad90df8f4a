/* Where sets that were published lie on this machine. */
#include "data/source.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>

static const char *set_variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* The i-th folder to look in; NULL where its variable is not set. */
static char *folder(cg_arena *arena, const char *set, int i)
{
    const char *data = set_variable("CNNGRAPH_DATA"), *cache = set_variable("XDG_CACHE_HOME");
    const char *home = set_variable("HOME");
    if (i == 0) return data ? cg_arena_printf(arena, "%s/%s", data, set) : NULL;
    if (cache) return cg_arena_printf(arena, "%s/cnngraph/%s", cache, set);
    return home ? cg_arena_printf(arena, "%s/.cache/cnngraph/%s", home, set) : NULL;
}

const char *cg_published_folder(cg_arena *arena, const char *set)
{
    const char *first = folder(arena, set, 0);
    return first ? first : folder(arena, set, 1);
}

const char *cg_published_find(cg_arena *arena, const char *set, const char *name,
                              bool may_be_zipped)
{
    for (int i = 0; i < 2; i++) {
        const char *place = folder(arena, set, i);
        for (int zipped = 0; place && zipped <= may_be_zipped; zipped++) {
            const char *path = cg_arena_printf(arena, "%s/%s%s", place, name, zipped ? ".gz" : "");
            if (path && cg_file_exists(path)) return path;
        }
    }
    return NULL;
}

/* Folders by their variables, whose values are nobody else's business. */
void cg_published_where(const char *set, const char *name, bool may_be_zipped, char where[256])
{
    const char *data = set_variable("CNNGRAPH_DATA"), *cache = set_variable("XDG_CACHE_HOME");
    snprintf(where, 256, "no %s%s in $CNNGRAPH_DATA/%s%s or %s/cnngraph/%s", name,
             may_be_zipped ? "[.gz]" : "", set, data ? "" : " (not set)",
             cache ? "$XDG_CACHE_HOME" : "~/.cache", set);
}
