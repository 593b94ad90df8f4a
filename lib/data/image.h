/* One picture as a file holds it; cg_image_load reads it through a format's reader. */
#ifndef CG_DATA_IMAGE_H
#define CG_DATA_IMAGE_H

#include <cnngraph/data.h>

/* In pixels: a few bytes can claim, and a small file can unpack to, gigabytes. */
enum { CG_MAX_IMAGE_SIDE = 16384, CG_MAX_IMAGE_SIZE = 1 << 26 };

/* Values 0..1 of `height` rows of `width` pixels of `channels` (1: grey, 3: red, green, blue). */
typedef struct {
    int channels, height, width;
    float *pixels;           /* cg_release */
    const cg_budget *budget; /* to be asked for them; lent, or NULL */
} cg_picture;

typedef struct {
    const char *name;
    bool (*recognises)(const uint8_t *bytes, size_t size);
    /* The caller frees picture->pixels whatever happens. */
    cg_status (*read)(cg_picture *picture, const char *path, const uint8_t *bytes, size_t size,
                      cg_error *error);
} cg_picture_format;

extern const cg_picture_format cg_picture_pgm, cg_picture_png, cg_picture_jpeg;

/* Reads a file of any of the formats; the caller frees picture->pixels whatever happens. */
cg_status cg_picture_load(cg_picture *picture, const char *path, const cg_budget *budget,
                          cg_error *error);

/* Value c of `wanted` channels (1 or 3): grey is copied to every channel; colour becomes luma
 * (ITU-R BT.601) where one is wanted. */
float cg_picture_value(const cg_picture *picture, int64_t pixel, int64_t c, int64_t wanted);

/* Checks the sides and takes the memory; the sides and channels are set before. */
cg_status cg_picture_allocate(cg_picture *picture, const char *path, cg_error *error);

#endif
