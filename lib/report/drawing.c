#include "report/drawing.h"

#include "base/memory.h"
#include "report/raster.h"
#include "report/report.h"

#include <stdlib.h>

void cg_drawing_begin(cg_page *page, const cg_drawing *d)
{
    if (page->folder) rewind(page->out); /* what was put before is no drawing */
    cg_put(page, "<svg class=\"%s\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\"", d->class,
           d->width, d->height, d->label);
    if (page->folder)
        cg_put(page,
               " width=\"%d\" height=\"%d\" xmlns=\"http://www.w3.org/2000/svg\">\n"
               "<style>%s</style>\n<rect class=\"paper\" width=\"100%%\" height=\"100%%\"/>\n",
               d->width, d->height, cg_drawing_style);
    else if (d->max_width)
        cg_put(page, " style=\"max-width:%dpx\">\n", d->max_width);
    else
        cg_put(page, ">\n");
}

static cg_status write_file(cg_page *page, const cg_drawing *d)
{
    cg_arena *arena = cg_arena_new();
    const char *path = arena ? cg_arena_printf(arena, "%s/%s.png", page->folder, d->name) : NULL;
    bool is_whole = path && fflush(page->out) == 0 && !ferror(page->out);
    cg_status status =
        is_whole ? cg_rasterise(path, page->text, page->size, d->width, d->height, page->error)
                 : cg_fail_nomem(page->error, "a drawing");
    cg_arena_free(arena);
    page->n_files += status == CG_OK;
    return status;
}

void cg_drawing_end(cg_page *page, const cg_drawing *d)
{
    cg_put(page, "</svg>\n");
    if (page->folder && page->status == CG_OK) page->status = write_file(page, d);
}
