/* The list of sources: adding one is a file and a line here. */
#include "data/source.h"

#include <stdio.h>
#include <string.h>

#define SOURCES(SOURCE)   \
    SOURCE(mnist)         \
    SOURCE(fashion_mnist) \
    SOURCE(cifar10)       \
    SOURCE(cifar100)      \
    SOURCE(digits)        \
    SOURCE(idx)           \
    SOURCE(npy)           \
    SOURCE(npz)           \
    SOURCE(csv)           \
    SOURCE(folder)        \
    SOURCE(cifar10_files) \
    SOURCE(cifar100_files)

#define DECLARE(name) extern const cg_source cg_source_##name;
SOURCES(DECLARE)

#define LIST(name) &cg_source_##name,
static const cg_source *const sources[] = { SOURCES(LIST) };
enum { N_SOURCES = sizeof sources / sizeof *sources };

const char *const cg_part_names[CG_N_PARTS] = { [CG_TRAIN] = "train", [CG_TEST] = "test" };

const cg_data_kind *cg_data_kind_at(int i)
{
    return i < N_SOURCES ? &sources[i]->kind : NULL;
}

const cg_source *cg_source_find(const char *name, bool is_format)
{
    for (int i = 0; i < N_SOURCES; i++)
        if (sources[i]->kind.is_format == is_format && !strcmp(sources[i]->kind.name, name))
            return sources[i];
    return NULL;
}

char *cg_source_names(bool is_format, char buffer[256])
{
    int used = 0;
    *buffer = '\0';
    for (int i = 0; i < N_SOURCES && used < 256; i++)
        if (sources[i]->kind.is_format == is_format)
            used += snprintf(buffer + used, 256 - (size_t)used, "%s%s", used ? ", " : "",
                             sources[i]->kind.name);
    return buffer;
}

const char *cg_source_path(cg_arena *arena, const cg_data_spec *spec, const char *path)
{
    bool stands_alone = path[0] == '/' || !spec->base || !spec->base[0];
    return stands_alone ? path : cg_arena_printf(arena, "%s/%s", spec->base, path);
}

void cg_samples_free(cg_samples *samples)
{
    cg_release(samples->images);
    cg_release(samples->values);
    cg_release(samples->labels);
    cg_release(samples->targets);
    for (int64_t k = 0; samples->target_names && k < samples->n_targets; k++)
        cg_release(samples->target_names[k]);
    cg_release(samples->target_names);
    for (int i = 0; samples->names && i < samples->n_classes; i++) cg_release(samples->names[i]);
    cg_release(samples->names);
    cg_release(samples->file);
    *samples = (cg_samples){ 0 };
}
