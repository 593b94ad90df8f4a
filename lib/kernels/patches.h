/* Packing the patches of images for the matrix product. */
#ifndef CG_KERNELS_PATCHES_H
#define CG_KERNELS_PATCHES_H

#include "kernels/gemm.h"

/* A matrix that is read from images and never written out: one side is pixels of a grid laid over
 * each image, image after image; the other is taps, channel after channel.  Pixel (i, j) under tap
 * (t, u) reads row origin[0] + i step[0] + t tap_step[0] and column origin[1] + j step[1] +
 * u tap_step[1] of its channel, or 0 beyond the image. */
typedef struct {
    const float *data;                  /* channel 0 of image 0 */
    int64_t image_stride, plane_stride; /* in floats            */
    int64_t size[2];                    /* of a channel         */
    int64_t grid[2], taps[2];
    int64_t origin[2], step[2], tap_step[2];
} cg_patches;

#define cg_pack_pixels CG_TIERED(cg_pack_pixels)
#define cg_pack_taps   CG_TIERED(cg_pack_taps)

cg_pack cg_pack_pixels; /* columns are pixels, k is channel and tap */
cg_pack cg_pack_taps;   /* columns are channel and tap, k is pixels */

#endif
