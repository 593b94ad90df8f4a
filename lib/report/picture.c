#include "config.h"

#include "report/picture.h"

#include "base/memory.h"

#include <math.h>

uint8_t cg_pixel(float value)
{
    return (uint8_t)(fminf(fmaxf(value, 0), 255) + 0.5f);
}

void cg_put_base64(cg_page *page, const uint8_t *bytes, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        unsigned b = (unsigned)bytes[i] << 16 | (i + 1 < n ? (unsigned)bytes[i + 1] << 8 : 0) |
                     (i + 2 < n ? bytes[i + 2] : 0);
        fputc(digits[b >> 18], page->out);
        fputc(digits[b >> 12 & 63], page->out);
        fputc(i + 1 < n ? digits[b >> 6 & 63] : '=', page->out);
        fputc(i + 2 < n ? digits[b & 63] : '=', page->out);
    }
}

#ifdef HAVE_PNG

#include <errno.h>
#include <png.h>

bool cg_can_draw_pictures(void)
{
    return true;
}

static cg_status encode(png_image *png, const uint8_t *pixels, uint8_t **bytes, size_t *n)
{
    png_alloc_size_t room = 0;
    errno = 0;
    if (!png_image_write_to_memory(png, NULL, &room, 0, pixels, 0, NULL))
        return cg_unless_nomem(CG_EINTERNAL);
    *bytes = cg_alloc(room, 1);
    if (!*bytes) return CG_ENOMEM;
    if (!png_image_write_to_memory(png, *bytes, &room, 0, pixels, 0, NULL))
        return cg_unless_nomem(CG_EINTERNAL);
    *n = room;
    return CG_OK;
}

void cg_put_picture(cg_page *page, int height, int width, int channels, const uint8_t *pixels)
{
    png_image png = { .version = PNG_IMAGE_VERSION,
                      .width = (png_uint_32)width,
                      .height = (png_uint_32)height,
                      .format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY };
    uint8_t *bytes = NULL;
    size_t n = 0;
    if (page->status != CG_OK) return;
    page->status = encode(&png, pixels, &bytes, &n);
    if (page->status == CG_OK) {
        cg_put(page, "data:image/png;base64,");
        cg_put_base64(page, bytes, n);
    } else {
        cg_fail(page->error, page->status, "a picture of %d x %d: %s", height, width, png.message);
    }
    png_image_free(&png);
    cg_release(bytes);
}

#else

bool cg_can_draw_pictures(void)
{
    return false;
}

void cg_put_picture(cg_page *page, int height, int width, int channels, const uint8_t *pixels)
{
    (void)page, (void)height, (void)width, (void)channels, (void)pixels;
}

#endif
