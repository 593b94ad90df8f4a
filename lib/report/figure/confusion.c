/* The confusion matrix: a cell's shade is its share of the row. */
#include "report/report.h"

#include <inttypes.h>
#include <math.h>

/* Units of the view box. */
enum { MARGIN = 52, CELL = 44, SMALL_CELL = 14, MOST_NUMBERED = 16 };

static int64_t row_sum(const cg_evaluation *e, int t)
{
    int64_t sum = 0;
    for (int c = 0; c < e->n_classes; c++) sum += e->confusion[t * e->n_classes + c];
    return sum;
}

/* Even a single mistake among thousands is to be seen: the square root lifts small shares. */
static void put_cell(cg_page *page, int64_t n, int64_t of, int x, int y, int side, bool is_hit)
{
    double share = of > 0 ? sqrt((double)n / (double)of) : 0;
    if (n > 0)
        cg_put(page,
               "<rect class=\"%s\" fill-opacity=\"%.3f\" x=\"%d\" y=\"%d\" width=\"%d\" "
               "height=\"%d\"/>",
               is_hit ? "hit" : "miss", 0.08 + 0.92 * share, x, y, side - 1, side - 1);
    if (n > 0 && side == CELL)
        cg_put(page, "<text class=\"mid%s\" x=\"%d\" y=\"%d\">%" PRId64 "</text>\n",
               share > 0.6 ? " on" : "", x + side / 2, y + side / 2 + 4, n);
}

static void put_names(cg_page *page, const cg_report *r, int c, int side, int every)
{
    char name[CG_CLASS_TEXT];
    int at = MARGIN + c * side + side / 2;
    if (c % every) return;
    cg_put(page, "<text class=\"mid\" x=\"%d\" y=\"%d\">", at, MARGIN - 8);
    cg_put_text(page, cg_report_class(r, c, name));
    cg_put(page, "</text><text class=\"end\" x=\"%d\" y=\"%d\">", MARGIN - 8, at + 4);
    cg_put_text(page, name);
    cg_put(page, "</text>\n");
}

static void draw(cg_page *page, const cg_report *r)
{
    const cg_evaluation *e = r->evaluation;
    int k = e->n_classes, side = k <= MOST_NUMBERED ? CELL : SMALL_CELL;
    int size = MARGIN + k * side + 8;
    cg_put(page,
           "<svg class=\"matrix\" style=\"max-width:%dpx\" viewBox=\"0 0 %d %d\" role=\"img\" "
           "aria-label=\"Confusion matrix\">\n",
           size * 11 / 10, size, size);
    cg_put(page, "<text class=\"mid\" x=\"%d\" y=\"14\">predicted</text>\n", MARGIN + k * side / 2);
    cg_put(page, "<text class=\"mid\" transform=\"translate(12 %d) rotate(-90)\">true</text>\n",
           MARGIN + k * side / 2);
    for (int t = 0; t < k; t++) {
        put_names(page, r, t, side, side == CELL ? 1 : 5);
        int64_t of = row_sum(e, t);
        for (int c = 0; c < k; c++)
            put_cell(page, e->confusion[t * k + c], of, MARGIN + c * side, MARGIN + t * side, side,
                     c == t);
    }
    cg_put(page, "<path class=\"grid\" d=\"M%d %dH%dV%dH%dZ\"/>\n</svg>\n", MARGIN - 1, MARGIN - 1,
           MARGIN + k * side, MARGIN + k * side, MARGIN - 1);
    cg_put(page,
           "<p class=\"note\">A row for each true class, a column for each predicted one; the "
           "stronger the colour, the larger the share of the row.</p>\n");
}

const cg_figure cg_figure_confusion = { .id = "confusion", .title = "Confusion", .draw = draw };
