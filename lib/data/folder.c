/* The format "folder": a folder for each class, named after it, with image files in it.  Classes
 * come in the order of the bytes of their names, whatever the locale, and images mixed, always in
 * the same way: what is cut off the beginning or the end of a split holds all classes. */
#include "data/allowed.h"
#include "data/image.h"
#include "data/labels.h"
#include "data/source.h"

#include "base/budget.h"
#include "base/error.h"
#include "base/file.h"
#include "base/rng.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_PATH = 4096 };

/* ---- names in a folder --------------------------------------------------------------------- */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

typedef struct {
    struct dirent **entry;
    int n;
} listing;

static void free_listing(listing *l)
{
    for (int i = 0; i < l->n; i++) free(l->entry[i]);
    if (l->n >= 0) free(l->entry);
}

static cg_status list(listing *l, const char *path, cg_error *error)
{
    l->n = scandir(path, &l->entry, is_visible, by_bytes);
    if (l->n >= 0) return CG_OK;
    return cg_fail_errno(error, CG_EDATA, "%s", path);
}

static cg_status join(char path[MAX_PATH], const char *folder, const char *name, cg_error *error)
{
    int n = snprintf(path, MAX_PATH, "%s/%s", folder, name);
    return n < MAX_PATH ? CG_OK : cg_fail(error, CG_ELIMIT, "%s: too long a path", folder);
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* ---- images -------------------------------------------------------------------------------- */
typedef struct {
    cg_samples *samples;
    const cg_data_spec *spec;
    int part;
    int64_t room;
    char first[MAX_PATH]; /* the image whose size all must have; empty: the spec says it */
} album;

static bool names_shape(const cg_shape *shape)
{
    return shape->rank == 3 && (shape->dim[0] == 1 || shape->dim[0] == 3);
}

static cg_status check_size(const cg_picture *p, const char *path, album *a, cg_error *error)
{
    cg_shape *shape = &a->samples->shape;
    if (!shape->rank) {
        *shape = CG_SHAPE(p->channels, p->height, p->width);
        snprintf(a->first, sizeof a->first, "%s", path);
    }
    if (p->height == shape->dim[1] && p->width == shape->dim[2]) return CG_OK;
    return cg_fail(error, CG_EDATA,
                   "%s: %d x %d pixels (width x height), expected %lld x %lld, %s%s", path,
                   p->width, p->height, (long long)shape->dim[2], (long long)shape->dim[1],
                   *a->first ? "those of " : "which the model takes", a->first);
}

static cg_status grow(album *a, cg_error *error)
{
    if (a->samples->n < a->room) return CG_OK;
    int64_t room = a->room ? 2 * a->room : 256, bytes;
    if (!cg_mul_ok(room, cg_shape_size(&a->samples->shape), &bytes))
        return cg_fail_nomem(error, "images");
    CG_TRY(cg_budget_check(a->samples->budget, "the folder of images", bytes, error));
    uint8_t *images = cg_resize(a->samples->images, (size_t)bytes, 1);
    if (images) a->samples->images = images;
    uint8_t *labels = images ? cg_resize(a->samples->labels, (size_t)room, 1) : NULL;
    if (!labels) return cg_fail_nomem(error, "images");
    a->samples->labels = labels;
    a->room = room;
    return CG_OK;
}

static cg_status add_picture(album *a, const cg_picture *p, const char *path, int class,
                             cg_error *error)
{
    CG_TRY(check_size(p, path, a, error));
    CG_TRY(grow(a, error));
    const cg_shape *shape = &a->samples->shape;
    int64_t plane = shape->dim[1] * shape->dim[2];
    uint8_t *to = a->samples->images + a->samples->n * cg_shape_size(shape);
    for (int64_t c = 0; c < shape->dim[0]; c++)
        for (int64_t i = 0; i < plane; i++)
            *to++ = (uint8_t)(255 * cg_picture_value(p, i, c, shape->dim[0]) + 0.5f);
    a->samples->labels[a->samples->n++] = (uint8_t) class;
    return CG_OK;
}

static cg_status add_class(album *a, const char *folder, int class, cg_error *error)
{
    listing images;
    char path[MAX_PATH];
    const cg_place place = a->spec->images_place[a->part];
    CG_TRY(cg_check_link(a->spec, folder, place, error));
    CG_TRY(list(&images, folder, error));
    cg_status status =
        images.n ? CG_OK : cg_fail(error, CG_EDATA, "%s: the class has no images", folder);
    for (int i = 0; i < images.n && status == CG_OK; i++) {
        cg_picture picture = { 0 };
        status = join(path, folder, images.entry[i]->d_name, error);
        if (status == CG_OK) status = cg_check_link(a->spec, path, place, error);
        if (status == CG_OK) status = cg_file_check(path, error);
        if (status == CG_OK) status = cg_picture_load(&picture, path, a->samples->budget, error);
        if (status == CG_EIO) status = CG_EDATA;
        if (status == CG_OK) status = add_picture(a, &picture, path, class, error);
        cg_release(picture.pixels);
    }
    free_listing(&images);
    return status;
}

/* ---- classes ------------------------------------------------------------------------------- */
static cg_status add_classes(album *a, const char *folder, const listing *entries, cg_error *error)
{
    cg_samples *s = a->samples;
    char path[MAX_PATH];
    s->names = cg_alloc(CG_MAX_CLASSES, sizeof *s->names);
    if (!s->names) return cg_fail_nomem(error, folder);
    for (int i = 0; i < entries->n; i++) {
        const char *name = entries->entry[i]->d_name;
        CG_TRY(join(path, folder, name, error));
        if (!is_folder(path)) continue;
        CG_TRY(cg_check_class_name(name, folder, error));
        if (s->n_classes == CG_MAX_CLASSES)
            return cg_fail(error, CG_EDATA, "%s: more than %d classes", folder, CG_MAX_CLASSES);
        s->names[s->n_classes] = cg_copy_text(name);
        if (!s->names[s->n_classes++]) return cg_fail_nomem(error, folder);
        CG_TRY(add_class(a, path, s->n_classes - 1, error));
    }
    if (s->n_classes) return CG_OK;
    return cg_fail(error, CG_EDATA, "%s: no folder in it; each class has one, with its images",
                   folder);
}

static cg_status load_folder(album *a, const char *folder, cg_error *error)
{
    listing entries;
    CG_TRY(list(&entries, folder, error));
    cg_status status = add_classes(a, folder, &entries, error);
    free_listing(&entries);
    return status;
}

/* Fisher-Yates, from images by class and name. */
static cg_status mix(cg_samples *s, cg_error *error)
{
    size_t bytes = (size_t)cg_shape_size(&s->shape);
    cg_rng rng = cg_rng_new(0, "folder", 0);
    uint8_t *aside = cg_alloc(bytes, 1);
    if (!aside) return cg_fail_nomem(error, "images");
    for (int64_t i = s->n - 1; i > 0; i--) {
        int64_t j = (int64_t)cg_rng_below(&rng, (uint64_t)i + 1);
        uint8_t *a = s->images + (size_t)i * bytes, *b = s->images + (size_t)j * bytes;
        uint8_t label = s->labels[i];
        memcpy(aside, a, bytes);
        memmove(a, b, bytes);
        memcpy(b, aside, bytes);
        s->labels[i] = s->labels[j];
        s->labels[j] = label;
    }
    cg_release(aside);
    return CG_OK;
}

static cg_status load(cg_samples *samples, const cg_data_spec *spec, int part, cg_error *error)
{
    album a = { .samples = samples, .spec = spec, .part = part };
    cg_arena *arena = cg_arena_new();
    const char *folder = arena ? cg_source_path(arena, spec, spec->images[part]) : NULL;
    if (names_shape(&spec->shape)) samples->shape = spec->shape;
    cg_status status = folder ? load_folder(&a, folder, error) : cg_fail_nomem(error, "a path");
    cg_arena_free(arena);
    return status == CG_OK ? mix(samples, error) : status;
}

const cg_source cg_source_folder = {
    .kind = { .name = "folder",
              .help = "a folder of images for each class: PNG, JPEG, PGM",
              .is_format = true },
    .load = load,
};
