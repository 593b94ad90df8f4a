/* Drawings: SVG within the page, or PNG files of their own. */
#ifndef CG_REPORT_DRAWING_H
#define CG_REPORT_DRAWING_H

#include "report/page.h"

typedef struct {
    const char *name;  /* of its file, without ".png" */
    const char *class; /* of the style sheet          */
    const char *label; /* what it is, in words        */
    int width, height; /* units of the view box       */
    int max_width;     /* pixels on the page; 0: what there is room for */
} cg_drawing;

/* Elements of SVG are put on the page between the two, in these units. */
void cg_drawing_begin(cg_page *page, const cg_drawing *drawing);
void cg_drawing_end(cg_page *page, const cg_drawing *drawing);

#endif
