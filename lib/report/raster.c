#include "config.h"

#include "report/raster.h"

#include "base/error.h"

#ifdef HAVE_RSVG

#include "base/file.h"

#include <cairo.h>
#include <dlfcn.h>
#include <librsvg/rsvg.h>
#include <string.h>

enum { LARGEST_SIDE = 16000 /* pixels; cairo's own limit is 32767 */ };

/* librsvg comes with forty libraries, which would double the memory of every command and the time
 * that it takes to start (9 MB, 4 ms); so they are loaded where a drawing is asked for. */
static const char library_name[] = "librsvg-2.so.2";

#define FUNCTIONS(F)                     \
    F(rsvg_handle_new_from_data)         \
    F(rsvg_handle_render_document)       \
    F(cairo_image_surface_create)        \
    F(cairo_create)                      \
    F(cairo_status)                      \
    F(cairo_status_to_string)            \
    F(cairo_destroy)                     \
    F(cairo_surface_write_to_png_stream) \
    F(cairo_surface_destroy)             \
    F(g_object_unref)                    \
    F(g_clear_error)

typedef struct {
/* NOLINTNEXTLINE(bugprone-macro-parentheses): a declaration */
#define FIELD(name) __typeof__(name) *name;
    FUNCTIONS(FIELD)
} functions;

/* It stays for as long as the process does: GLib cannot be unloaded. */
static cg_status open_library(functions *f, cg_error *error)
{
    bool is_whole = true;
    void *found; /* a function, which C would not let us store as such */
    void *library = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return cg_fail(error, CG_ENOTBUILT, "%s is not on this machine (librsvg2-2)", library_name);
#define FIND(name)                          \
    found = dlsym(library, #name);          \
    memcpy(&f->name, &found, sizeof found); \
    is_whole = is_whole && found;
    FUNCTIONS(FIND)
    /* cppcheck-suppress resourceLeak ; as said above */
    return is_whole ? CG_OK
                    : cg_fail(error, CG_ENOTBUILT, "%s lacks what is asked of it", library_name);
}

bool cg_can_rasterise(void)
{
    return true;
}

static cairo_status_t append(void *stream, const unsigned char *bytes, unsigned n)
{
    return fwrite(bytes, 1, n, stream) == n ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static cg_status fail_cairo(const functions *f, cairo_status_t status, const char *path,
                            cg_error *error)
{
    return status == CAIRO_STATUS_NO_MEMORY
               ? cg_fail_nomem(error, path)
               : cg_fail(error, CG_EINTERNAL, "%s: %s", path, f->cairo_status_to_string(status));
}

static cg_status write_file(const functions *f, const char *path, cairo_surface_t *surface,
                            cg_error *error)
{
    cg_replace file;
    CG_TRY(cg_replace_open(&file, path, error));
    cairo_status_t written = f->cairo_surface_write_to_png_stream(surface, append, file.stream);
    bool is_told = written == CAIRO_STATUS_SUCCESS || ferror(file.stream); /* by the commit */
    if (is_told) return cg_replace_commit(&file, error);
    cg_replace_abort(&file);
    return fail_cairo(f, written, path, error);
}

static cg_status draw(const functions *f, cairo_surface_t *surface, RsvgHandle *svg, int width,
                      int height, const char *path, cg_error *error)
{
    GError *cause = NULL;
    const RsvgRectangle whole = { .width = width, .height = height };
    cairo_t *cairo = f->cairo_create(surface);
    f->rsvg_handle_render_document(svg, cairo, &whole, &cause);
    cairo_status_t status = f->cairo_status(cairo);
    f->cairo_destroy(cairo);
    if (!cause && status == CAIRO_STATUS_SUCCESS) return write_file(f, path, surface, error);
    cg_status failed = cause ? cg_fail(error, CG_EINTERNAL, "%s: %s", path, cause->message)
                             : fail_cairo(f, status, path, error);
    f->g_clear_error(&cause);
    return failed;
}

cg_status cg_rasterise(const char *path, const char *svg, size_t n, int width, int height,
                       cg_error *error)
{
    functions f = { 0 };
    GError *cause = NULL;
    CG_TRY(open_library(&f, error));
    RsvgHandle *handle = f.rsvg_handle_new_from_data((const guint8 *)svg, n, &cause);
    if (!handle) {
        cg_fail(error, CG_EINTERNAL, "%s: %s", path, cause->message);
        f.g_clear_error(&cause);
        return CG_EINTERNAL;
    }
    int side = width > height ? width : height;
    double scale = side > LARGEST_SIDE / 2 ? (double)LARGEST_SIDE / side : 2;
    int across = (int)(scale * width), down = (int)(scale * height);
    cairo_surface_t *surface = f.cairo_image_surface_create(CAIRO_FORMAT_RGB24, across, down);
    cg_status status = draw(&f, surface, handle, across, down, path, error);
    f.cairo_surface_destroy(surface);
    f.g_object_unref(handle);
    return status;
}

#else

bool cg_can_rasterise(void)
{
    return false;
}

cg_status cg_rasterise(const char *path, const char *svg, size_t n, int width, int height,
                       cg_error *error)
{
    (void)svg, (void)n, (void)width, (void)height;
    return cg_fail(error, CG_ENOTBUILT,
                   "%s: PNG figures are left out of this build (--with-rsvg, librsvg2-dev)", path);
}

#endif
