/* JPEG through libjpeg, as grey or RGB.  libjpeg leaves through longjmp where it cannot go on, and
 * warns where it can; a file that it warns of is damaged, and refused. */
#include "config.h"

#include "data/image.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

static bool recognises(const uint8_t *bytes, size_t size)
{
    return size >= 3 && !memcmp(bytes, "\xff\xd8\xff", 3);
}

#ifdef HAVE_JPEG

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <jpeglib.h>

typedef struct {
    struct jpeg_error_mgr base; /* first: libjpeg hands back a pointer to it */
    jmp_buf out;
    char message[JMSG_LENGTH_MAX];
    struct jpeg_decompress_struct jpeg;
    struct jpeg_progress_mgr progress;
    uint8_t *row;
} decoder;

static void leave(j_common_ptr jpeg)
{
    decoder *d = (decoder *)jpeg->err;
    d->base.format_message(jpeg, d->message);
    longjmp(d->out, 1);
}

/* Each scan is a pass over the whole picture, and takes no more than some bytes. */
static void count_scans(j_common_ptr jpeg)
{
    enum { MAX_SCANS = 100 }; /* encoders make 10 or so */
    decoder *d = (decoder *)jpeg->err;
    if (d->jpeg.input_scan_number <= MAX_SCANS) return;
    snprintf(d->message, sizeof d->message, "more than %d scans", MAX_SCANS);
    longjmp(d->out, 1);
}

static void heed_warning(j_common_ptr jpeg, int level)
{
    if (level < 0) leave(jpeg);
}

/* Every call of libjpeg's below may end in `leave`. */
static cg_status read_rows(cg_picture *p, decoder *d, const char *path, cg_error *error)
{
    struct jpeg_decompress_struct *jpeg = &d->jpeg;
    size_t n = (size_t)p->width * (size_t)p->channels;
    d->row = cg_alloc(n, 1);
    if (!d->row) return cg_fail_nomem(error, path);
    for (float *to = p->pixels; jpeg->output_scanline < jpeg->output_height; to += n) {
        jpeg_read_scanlines(jpeg, &d->row, 1);
        for (size_t i = 0; i < n; i++) to[i] = (float)d->row[i] / 255;
    }
    jpeg_finish_decompress(jpeg);
    return CG_OK;
}

static cg_status read_picture(cg_picture *p, decoder *d, const char *path, const uint8_t *bytes,
                              size_t size, cg_error *error)
{
    struct jpeg_decompress_struct *jpeg = &d->jpeg;
    jpeg_mem_src(jpeg, bytes, (unsigned long)size);
    jpeg_read_header(jpeg, TRUE);
    jpeg->out_color_space = jpeg->jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
    jpeg->dct_method = JDCT_ISLOW;
    p->channels = jpeg->out_color_space == JCS_GRAYSCALE ? 1 : 3;
    p->height = (int)jpeg->image_height;
    p->width = (int)jpeg->image_width;
    /* First, for of a progressive image libjpeg takes memory for all that the header claims. */
    CG_TRY(cg_picture_allocate(p, path, error));
    jpeg_start_decompress(jpeg);
    return read_rows(p, d, path, error);
}

static cg_status read(cg_picture *p, const char *path, const uint8_t *bytes, size_t size,
                      cg_error *error)
{
    volatile cg_status status = CG_EDATA;
    decoder d = { .row = NULL };
    d.jpeg.err = jpeg_std_error(&d.base);
    d.base.error_exit = leave;
    d.base.emit_message = heed_warning;
    errno = 0;
    if (setjmp(d.out) == 0) {
        jpeg_create_decompress(&d.jpeg);
        d.progress.progress_monitor = count_scans;
        d.jpeg.progress = &d.progress;
        status = read_picture(p, &d, path, bytes, size, error);
    } else {
        status = cg_fail(error, cg_unless_nomem(CG_EDATA), "%s: %s", path, d.message);
    }
    jpeg_destroy_decompress(&d.jpeg);
    cg_release(d.row);
    return status;
}

#else

static cg_status read(cg_picture *p, const char *path, const uint8_t *bytes, size_t size,
                      cg_error *error)
{
    (void)p, (void)bytes, (void)size;
    return cg_fail(error, CG_ENOTBUILT, "%s: JPEG images are left out of this build (--with-jpeg)",
                   path);
}

#endif

const cg_picture_format cg_picture_jpeg = { .name = "jpeg",
                                            .recognises = recognises,
                                            .read = read };
