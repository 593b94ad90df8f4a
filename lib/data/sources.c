/* The list of sources: adding one is a file and a line here. */
#include "data/source.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define SOURCES(SOURCE) \
    SOURCE(mnist)       \
    SOURCE(digits)      \
    SOURCE(idx)

#define DECLARE(name) extern const cg_source cg_source_##name;
SOURCES(DECLARE)

#define LIST(name) &cg_source_##name,
static const cg_source *const sources[] = { SOURCES(LIST) };
enum { N_SOURCES = sizeof sources / sizeof *sources };

const char *const cg_part_names[CG_N_PARTS] = { [CG_TRAIN] = "train", [CG_TEST] = "test" };

const cg_source *cg_source_find(const char *name)
{
    for (int i = 0; i < N_SOURCES; i++)
        if (!strcmp(sources[i]->name, name)) return sources[i];
    return NULL;
}

char *cg_source_names(char buffer[256])
{
    int used = 0;
    *buffer = '\0';
    for (int i = 0; i < N_SOURCES && used < 256; i++)
        used +=
            snprintf(buffer + used, 256 - (size_t)used, "%s%s", i ? ", " : "", sources[i]->name);
    return buffer;
}

void cg_samples_free(cg_samples *samples)
{
    cg_release(samples->images);
    cg_release(samples->labels);
    cg_release(samples->targets);
    cg_release(samples->file);
    *samples = (cg_samples){ 0 };
}
