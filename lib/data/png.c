/* PNG through libpng's simplified interface, as 8-bit grey or colour without a gamma change. */
#include "config.h"

#include "data/image.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

static bool recognises(const uint8_t *bytes, size_t size)
{
    return size >= 4 && !memcmp(bytes, "\211PNG", 4);
}

#ifdef HAVE_PNG

#include <errno.h>
#include <png.h>

/* Transparent pixels lie on black, which is where MNIST's paper is. */
static cg_status read_pixels(cg_picture *p, png_image *png, const char *path, cg_error *error)
{
    CG_TRY(cg_picture_allocate(p, path, error));
    size_t n = (size_t)p->channels * (size_t)p->height * (size_t)p->width;
    uint8_t *bytes = cg_alloc(n, 1);
    if (!bytes) return cg_fail_nomem(error, path);
    const png_color black = { 0, 0, 0 };
    cg_status status = CG_OK;
    errno = 0;
    if (!png_image_finish_read(png, &black, bytes, 0, NULL))
        status = cg_fail(error, cg_unless_nomem(CG_EDATA), "%s: %s", path, png->message);
    for (size_t i = 0; status == CG_OK && i < n; i++) p->pixels[i] = (float)bytes[i] / 255;
    cg_release(bytes);
    return status;
}

static cg_status read(cg_picture *p, const char *path, const uint8_t *bytes, size_t size,
                      cg_error *error)
{
    png_image png = { .version = PNG_IMAGE_VERSION };
    errno = 0;
    if (!png_image_begin_read_from_memory(&png, bytes, size)) {
        cg_status status = cg_fail(error, cg_unless_nomem(CG_EDATA), "%s: %s", path, png.message);
        png_image_free(&png);
        return status;
    }
    bool is_colour = png.format & PNG_FORMAT_FLAG_COLOR;
    png.format = is_colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    *p = (cg_picture){ .channels = is_colour ? 3 : 1,
                       .height = (int)png.height, /* libpng keeps both below 2^31 */
                       .width = (int)png.width };
    cg_status status = read_pixels(p, &png, path, error);
    png_image_free(&png);
    return status;
}

#else

static cg_status read(cg_picture *p, const char *path, const uint8_t *bytes, size_t size,
                      cg_error *error)
{
    (void)p, (void)bytes, (void)size;
    return cg_fail(error, CG_ENOTBUILT, "%s: PNG images are left out of this build (--with-png)",
                   path);
}

#endif

const cg_picture_format cg_picture_png = { .name = "png", .recognises = recognises, .read = read };
