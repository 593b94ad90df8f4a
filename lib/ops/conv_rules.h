/* What the convolution ops share: how sizes relate, as the kernels see it. */
#ifndef CG_OPS_CONV_RULES_H
#define CG_OPS_CONV_RULES_H

#include "kernels/conv.h"
#include "kernels/lanes.h"
#include "ops/op_file.h"

/* x: N C H W or N/16 C H W 16, w: K C/groups R S, y: N K P Q or N/16 K P Q 16; any of the three may
 * be the op's output. */
static inline cg_conv conv_of(const cg_shape *x, const cg_shape *w, const cg_shape *y,
                              const int64_t stride[2], const int64_t padding[4],
                              const int64_t dilation[2], int64_t groups)
{
    return (cg_conv){
        .n = x->dim[0],
        .groups = groups,
        .parts = 1,
        .lanes = x->rank == 5,
        .c = x->dim[1],
        .h = x->dim[2],
        .w = x->dim[3],
        .k = y->dim[1],
        .r = w->dim[2],
        .s = w->dim[3],
        .p = y->dim[2],
        .q = y->dim[3],
        .stride = { stride[0], stride[1] },
        .dilation = { dilation[0], dilation[1] },
        .before = { padding[0], padding[1] },
    };
}

/* Of r taps, one every `dilation`: how far they reach. */
static inline int64_t reach_of(int64_t r, int64_t dilation)
{
    return dilation * (r - 1) + 1;
}

#if CG_DESCRIBE

/* N C H W, or N/16 C H W 16? */
static inline bool is_images(const cg_shape *s)
{
    return s->rank == 4 || (s->rank == 5 && s->dim[4] == CG_LANE_IMAGES);
}

/* How far apart neighbouring pixels of an image lie: its images may be side by side. */
static inline int64_t pixel_step(const cg_shape *s)
{
    return s->rank == 5 ? s->dim[4] : 1;
}

/* The first element of channel 0 of image n; n counts all of them. */
static inline int64_t image_at(const cg_shape *s, int64_t n)
{
    int64_t lanes = pixel_step(s);
    return n / lanes * (s->dim[1] * s->dim[2] * s->dim[3] * lanes) + n % lanes;
}

static inline int64_t images_of(const cg_shape *s)
{
    return s->rank == 5 ? s->dim[0] * s->dim[4] : s->dim[0];
}

/* Strides, dilations and paddings below this keep every product within 64 bits. */
#define CONV_LIMIT 32767

#define CONV_ATTRS(type)                                                                        \
    CG_INTS(type, stride, 2, 1, 1, CONV_LIMIT, "rows, columns from one output to the next"),    \
        CG_INTS(type, padding, 4, 0, 0, CONV_LIMIT,                                             \
                "zeros above, left, below, right of the image"),                                \
        CG_INTS(type, dilation, 2, 1, 1, CONV_LIMIT, "rows, columns from one tap to the next"), \
        CG_INT(type, groups, 1, 1, 1e9, "channels and filters are cut into so many groups")

/* The output of a convolution of `size` rows (axis 0) or columns (axis 1) with r taps. */
static inline int64_t conv_size(int64_t size, int64_t r, int axis, const int64_t stride[2],
                                const int64_t padding[4], const int64_t dilation[2])
{
    int64_t room = size + padding[axis] + padding[axis + 2] - reach_of(r, dilation[axis]);
    return room < 0 ? 0 : room / stride[axis] + 1;
}

/* What a stride leaves of the image unread at its end: the output_padding that undoes it. */
static inline int64_t conv_rest(int64_t size, int64_t r, int axis, const int64_t stride[2],
                                const int64_t padding[4], const int64_t dilation[2])
{
    return (size + padding[axis] + padding[axis + 2] - reach_of(r, dilation[axis])) % stride[axis];
}

#endif
#endif
