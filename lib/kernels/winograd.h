/* Winograd's minimal filtering in one direction: two outputs of three taps by four multiplications,
 * F(2, 3), or of five by seven, F(2, 3) and F(2, 2) side by side.
 *
 *   y = A' ((G g) * (B' d))
 *
 * What is computed in both directions, of the images, the weights or the outputs, is for each
 * caller to arrange: here they are vectors of anything.  The constants are 1 and 1/2. */
#ifndef CG_KERNELS_WINOGRAD_H
#define CG_KERNELS_WINOGRAD_H

#include "kernels/vec.h"

enum {
    CG_WINOGRAD_MAX_TAPS = 5,
    CG_WINOGRAD_MAX_IN = 6, /* inputs of a tile */
    CG_WINOGRAD_MAX_POINTS = 7
};

/* G = (1, 0, 0; 1/2, 1/2, 1/2; 1/2, -1/2, 1/2; 0, 0, 1) of three taps, (1, 0; 1, 1; 0, 1) of two:
 * taps[] to points. */
CG_INLINE void cg_winograd_expand(int taps, const cg_vec g[], cg_vec u[])
{
    cg_vec ends = (g[0] + g[2]) * 0.5f, middle = g[1] * 0.5f;
    u[0] = g[0];
    u[1] = ends + middle;
    u[2] = ends - middle;
    u[3] = g[2];
    if (taps == 3) return;
    u[4] = g[3];
    u[5] = g[3] + g[4];
    u[6] = g[4];
}

/* B' = (1, 0, -1, 0; 0, 1, 1, 0; 0, -1, 1, 0; 0, 1, 0, -1) of three taps; of two, which begin with
 * the fourth input, (1, -1, 0; 0, 1, 0; 0, -1, 1): inputs to points. */
CG_INLINE void cg_winograd_difference(int taps, const cg_vec d[], cg_vec v[])
{
    v[0] = d[0] - d[2];
    v[1] = d[1] + d[2];
    v[2] = d[2] - d[1];
    v[3] = d[1] - d[3];
    if (taps == 3) return;
    v[4] = d[3] - d[4];
    v[5] = d[4];
    v[6] = d[5] - d[4];
}

/* A' = (1, 1, 1, 0; 0, 1, -1, -1) of three taps, (1, 1, 0; 0, 1, 1) of two: points to outputs. */
CG_INLINE void cg_winograd_contract(int taps, const cg_vec m[], cg_vec y[2])
{
    y[0] = m[0] + m[1] + m[2];
    y[1] = m[1] - m[2] - m[3];
    if (taps == 3) return;
    y[0] += m[4] + m[5];
    y[1] += m[5] + m[6];
}

#endif
