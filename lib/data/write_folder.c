/* Writing a folder for each class, with a PNG image for each sample, through libpng. */
#include "config.h"

#include "data/write.h"

#include "base/error.h"
#include "base/file.h"

#ifdef HAVE_PNG

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <png.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    const char *path;
    const char *classes[CG_MAX_CLASSES]; /* folders; NULL until there is a sample of it */
} tree;

/* False where the path is too long. */
static bool name_image(const tree *t, const cg_samples *s, int64_t i, char path[PATH_MAX])
{
    int n = snprintf(path, PATH_MAX, "%s/%08" PRId64 ".png", t->classes[s->labels[i]], i);
    return n < PATH_MAX;
}

/* Whatever of it there is, and without memory, of which there may be none. */
static void remove_tree(const tree *t, const cg_samples *s)
{
    char path[PATH_MAX];
    for (int64_t i = 0; i < s->n; i++)
        if (t->classes[s->labels[i]] && name_image(t, s, i, path)) unlink(path);
    for (int c = 0; c < CG_MAX_CLASSES; c++)
        if (t->classes[c]) rmdir(t->classes[c]);
    rmdir(t->path);
}

/* From C H W to the H W C of libpng. */
static cg_status write_image(const cg_samples *s, int64_t i, const char *path, uint8_t *pixels,
                             cg_error *error)
{
    int64_t channels = s->shape.dim[0], plane = s->shape.dim[1] * s->shape.dim[2];
    const uint8_t *from = s->images + i * channels * plane;
    for (int64_t c = 0; c < channels; c++)
        for (int64_t k = 0; k < plane; k++) pixels[k * channels + c] = from[c * plane + k];
    png_image png = { .version = PNG_IMAGE_VERSION,
                      .width = (png_uint_32)s->shape.dim[2],
                      .height = (png_uint_32)s->shape.dim[1],
                      .format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB };
    errno = 0;
    if (png_image_write_to_file(&png, path, 0, pixels, 0, NULL)) return CG_OK;
    return cg_fail(error, cg_unless_nomem(CG_EIO), "%s: %s", path, png.message);
}

/* "07", of ten classes or more, so that the order of names is that of numbers. */
static const char *class_folder(cg_arena *arena, const cg_samples *s, const char *folder, int class)
{
    if (s->names) return cg_arena_printf(arena, "%s/%s", folder, s->names[class]);
    int digits = s->n_classes > 100 ? 3 : s->n_classes > 10 ? 2 : 1;
    return cg_arena_printf(arena, "%s/%0*d", folder, digits, class);
}

static cg_status write_all(tree *t, const cg_samples *s, cg_arena *arena, uint8_t *pixels,
                           cg_error *error)
{
    for (int64_t i = 0; i < s->n; i++) {
        const char **class = &t->classes[s->labels[i]];
        if (!*class) {
            *class = class_folder(arena, s, t->path, s->labels[i]);
            if (!*class) return cg_fail_nomem(error, t->path);
            CG_TRY(cg_make_folders(*class, error));
        }
        char path[PATH_MAX];
        if (!name_image(t, s, i, path))
            return cg_fail(error, CG_ELIMIT, "%s: too long a path", t->path);
        CG_TRY(write_image(s, i, path, pixels, error));
    }
    return CG_OK;
}

static cg_status check(const cg_samples *s, const char *path, cg_error *error)
{
    if (!s->labels) return cg_fail(error, CG_EDATA, "%s: there are no labels to sort by", path);
    if (s->shape.rank != 3 || (s->shape.dim[0] != 1 && s->shape.dim[0] != 3))
        return cg_fail(error, CG_EDATA, "%s: images are of 1 x H x W or 3 x H x W", path);
    for (int i = 0; i < s->n_classes && s->names; i++)
        if (s->names[i][0] == '.' || strchr(s->names[i], '/'))
            return cg_fail(error, CG_EDATA, "%s: class '%s' is no name for a folder", path,
                           s->names[i]);
    return CG_OK;
}

/* What was made here, and nobody else's, is removed when it fails. */
static cg_status make_temporary(const char *path, cg_error *error)
{
    if (mkdir(path, 0777) == 0) return CG_OK;
    if (errno == EEXIST)
        return cg_fail(error, CG_EDATA, "%s: left by another conversion; remove it", path);
    return cg_fail_errno(error, CG_EIO, "%s", path);
}

/* Under its name there are whole pictures, or none, whatever becomes of the machine. */
static cg_status put_in_place(const char *temporary, const char *path, cg_error *error)
{
    sync(); /* one by one, thousands of small files would take minutes */
    if (rename(temporary, path) != 0) return cg_fail_errno(error, CG_EIO, "%s", path);
    return cg_file_sync_name(temporary, error); /* of the same folder */
}

cg_status cg_write_folder(const cg_samples *s, const char *path, cg_error *error)
{
    CG_TRY(check(s, path, error));
    int length = (int)strlen(path);
    while (length > 1 && path[length - 1] == '/') length--; /* as completion leaves it */
    cg_arena *arena = cg_arena_new();
    char *temporary = arena ? cg_arena_printf(arena, "%.*s.tmp", length, path) : NULL;
    uint8_t *pixels = arena ? cg_arena_alloc(arena, 1, (size_t)cg_shape_size(&s->shape)) : NULL;
    cg_status status = temporary && pixels ? CG_OK : cg_fail_nomem(error, path);
    if (status == CG_OK) status = make_temporary(temporary, error);
    if (status == CG_OK) {
        tree t = { .path = temporary };
        status = write_all(&t, s, arena, pixels, error);
        if (status == CG_OK) status = put_in_place(temporary, path, error);
        if (status != CG_OK) remove_tree(&t, s);
    }
    cg_arena_free(arena);
    return status;
}

#else

cg_status cg_write_folder(const cg_samples *s, const char *path, cg_error *error)
{
    (void)s;
    return cg_fail(error, CG_ENOTBUILT, "%s: PNG images are left out of this build (--with-png)",
                   path);
}

#endif
