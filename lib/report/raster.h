/* PNG files of SVG drawings, by librsvg and cairo. */
#ifndef CG_REPORT_RASTER_H
#define CG_REPORT_RASTER_H

#include <cnngraph/status.h>

#include <stdbool.h>

bool cg_can_rasterise(void); /* does this build have librsvg? */

/* Replaces the file at `path` by the drawing of width x height units, two pixels a unit unless that
 * is too large.  CG_EIO where it cannot be written, CG_ENOTBUILT without librsvg. */
cg_status cg_rasterise(const char *path, const char *svg, size_t n, int width, int height,
                       cg_error *error);

#endif
