/* One picture as a file holds it; cg_image_load reads it through a format's reader. */
#ifndef CG_DATA_IMAGE_H
#define CG_DATA_IMAGE_H

#include <cnngraph/data.h>

enum { CG_MAX_IMAGE_SIDE = 16384 }; /* pixels */

/* Values 0..1 of `height` rows of `width` pixels of `channels` (1: grey, 3: red, green, blue). */
typedef struct {
    int channels, height, width;
    float *pixels; /* cg_release */
} cg_picture;

typedef struct {
    const char *name;
    bool (*recognises)(const uint8_t *bytes, size_t size);
    /* The caller frees picture->pixels whatever happens. */
    cg_status (*read)(cg_picture *picture, const char *path, const uint8_t *bytes, size_t size,
                      cg_error *error);
} cg_picture_format;

extern const cg_picture_format cg_picture_pgm, cg_picture_png;

/* Checks the sides and takes the memory; the sides and channels are set before. */
cg_status cg_picture_allocate(cg_picture *picture, const char *path, cg_error *error);

#endif
