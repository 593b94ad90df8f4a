/* Image files: the format is told by the first bytes, never by the name. */
#include "data/image.h"

#include "base/budget.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <stdio.h>

static const cg_picture_format *const formats[] = { &cg_picture_pgm, &cg_picture_png,
                                                    &cg_picture_jpeg };
enum { N_FORMATS = sizeof formats / sizeof *formats };

static const uint64_t max_bytes = UINT64_C(64) << 20; /* of one file */

cg_status cg_picture_allocate(cg_picture *p, const char *path, cg_error *error)
{
    if (p->width < 1 || p->height < 1 || p->width > CG_MAX_IMAGE_SIDE ||
        p->height > CG_MAX_IMAGE_SIDE)
        return cg_fail(error, CG_EDATA, "%s: %d x %d pixels are not within 1..%d", path, p->width,
                       p->height, CG_MAX_IMAGE_SIDE);
    if (p->width * p->height > CG_MAX_IMAGE_SIZE)
        return cg_fail(error, CG_EDATA, "%s: %d x %d pixels are more than %d", path, p->width,
                       p->height, CG_MAX_IMAGE_SIZE);
    int64_t values = (int64_t)p->height * p->width * p->channels; /* and a byte for each */
    CG_TRY(cg_budget_check(p->budget, path, values * (int64_t)(sizeof(float) + 1), error));
    p->pixels = cg_alloc((size_t)p->height * (size_t)p->width, (size_t)p->channels * sizeof(float));
    return p->pixels ? CG_OK : cg_fail_nomem(error, path);
}

static cg_status decode(cg_picture *picture, const char *path, const uint8_t *bytes, size_t size,
                        cg_error *error)
{
    for (int i = 0; i < N_FORMATS; i++)
        if (formats[i]->recognises(bytes, size))
            return formats[i]->read(picture, path, bytes, size, error);
    return cg_fail(error, CG_EDATA,
                   size ? "%s: neither PGM (P2, P5), PNG nor JPEG" : "%s: the file is empty", path);
}

cg_status cg_picture_load(cg_picture *picture, const char *path, const cg_budget *budget,
                          cg_error *error)
{
    char *bytes;
    size_t size;
    *picture = (cg_picture){ .budget = budget };
    CG_TRY(cg_file_read_within(budget, path, max_bytes, &bytes, &size, error));
    cg_status status = decode(picture, path, (const uint8_t *)bytes, size, error);
    cg_release(bytes);
    return status;
}

float cg_picture_value(const cg_picture *p, int64_t pixel, int64_t c, int64_t wanted)
{
    const float *v = p->pixels + pixel * p->channels;
    if (p->channels == 1) return v[0];
    return wanted == 1 ? 0.299f * v[0] + 0.587f * v[1] + 0.114f * v[2] : v[c];
}

static cg_status convert(cg_tensor **image, const cg_picture *p, const char *path,
                         const cg_shape *shape, cg_error *error)
{
    int64_t channels = shape->dim[0], height = shape->dim[1], width = shape->dim[2];
    if (p->height != height || p->width != width)
        return cg_fail(error, CG_EDATA, "%s: %d x %d pixels (width x height), expected %lld x %lld",
                       path, p->width, p->height, (long long)width, (long long)height);
    CG_TRY(cg_tensor_new(image, CG_F32, shape, error));
    float *x = cg_tensor_f32(*image);
    int64_t size = height * width;
    for (int64_t c = 0; c < channels; c++)
        for (int64_t i = 0; i < size; i++) x[c * size + i] = cg_picture_value(p, i, c, channels);
    return CG_OK;
}

cg_status cg_image_load(cg_tensor **image, const char *path, const cg_shape *shape,
                        const cg_budget *budget, cg_error *error)
{
    *image = NULL;
    if (shape->rank != 3 || (shape->dim[0] != 1 && shape->dim[0] != 3)) {
        char text[CG_SHAPE_TEXT];
        return cg_fail(error, CG_EUSAGE,
                       "%s: an image cannot be read as %s, only as 1xHxW or 3xHxW", path,
                       cg_shape_text(shape, text));
    }
    cg_picture picture;
    cg_status status = cg_picture_load(&picture, path, budget, error);
    if (status == CG_OK) status = convert(image, &picture, path, shape, error);
    cg_release(picture.pixels);
    return status;
}
