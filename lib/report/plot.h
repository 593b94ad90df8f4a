/* Lines over a common axis, as inline SVG. */
#ifndef CG_REPORT_PLOT_H
#define CG_REPORT_PLOT_H

#include "report/drawing.h"

typedef struct {
    const char *name;     /* in the legend; a series of nothing but NaN is left out */
    const char *style;    /* class of the style sheet: "a", "b"                     */
    const double *values; /* n; NaN leaves a gap                                    */
} cg_series;

typedef struct {
    const char *name; /* of its file */
    const char *title, *x_title;
    const double *x; /* n, rising */
    int n;
    double low, high; /* of the y axis; NaN: as the values ask */
    int n_series;
    const cg_series *series;
} cg_plot;

void cg_put_plot(cg_page *page, const cg_plot *plot);

#endif
