/* The confusion matrix: a cell's shade is its share of the row. */
#include "report/drawing.h"
#include "report/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Units of the view box. */
enum { CELL = 44, SMALL_CELL = 14, MOST_NUMBERED = 16, LETTER = 8, MOST_LETTERS = 16 };

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

/* As much of a name as there is room for; a character of UTF-8 is not cut in two. */
static void put_name(cg_page *page, const char *name)
{
    char text[MOST_LETTERS + 1];
    size_t n = strlen(name);
    if (n > MOST_LETTERS)
        for (n = MOST_LETTERS - 1; n > 0 && ((unsigned char)name[n] & 0xC0) == 0x80;) n--;
    snprintf(text, sizeof text, "%.*s", (int)n, name);
    cg_put_text(page, text);
    if (name[n]) cg_put(page, "…");
}

/* Of row and column c; names that are wider than a cell stand on end above it. */
static void put_names(cg_page *page, const cg_report *r, int c, int side, int margin)
{
    char text[CG_CLASS_TEXT];
    const char *name = cg_dataset_class_text(r->set, c, text);
    int at = margin + c * side + side / 2;
    if (side == CELL && strlen(name) <= 4)
        cg_put(page, "<text class=\"mid\" x=\"%d\" y=\"%d\">", at, margin - 8);
    else
        cg_put(page, "<text transform=\"translate(%d %d) rotate(-90)\">", at + 4, margin - 8);
    put_name(page, name);
    cg_put(page, "</text><text class=\"end\" x=\"%d\" y=\"%d\">", margin - 8, at + 4);
    put_name(page, name);
    cg_put(page, "</text>\n");
}

/* Room for the longest name, and for the words "predicted" and "true" beside it. */
static int margin_for(const cg_report *r)
{
    char text[CG_CLASS_TEXT];
    int most = 2;
    for (int c = 0; c < r->evaluation->n_classes; c++) {
        size_t n = strlen(cg_dataset_class_text(r->set, c, text));
        if ((int)n > most) most = n < MOST_LETTERS ? (int)n : MOST_LETTERS;
    }
    return 36 + LETTER * most;
}

static void draw(cg_page *page, const cg_report *r)
{
    const cg_evaluation *e = r->evaluation;
    int k = e->n_classes, side = k <= MOST_NUMBERED ? CELL : SMALL_CELL;
    int margin = margin_for(r), size = margin + k * side + 8;
    const cg_drawing drawing = { .name = "confusion",
                                 .class = "matrix",
                                 .label = "Confusion matrix",
                                 .width = size,
                                 .height = size,
                                 .max_width = size * 11 / 10 };
    cg_drawing_begin(page, &drawing);
    cg_put(page, "<text class=\"mid\" x=\"%d\" y=\"14\">predicted</text>\n", margin + k * side / 2);
    cg_put(page, "<text class=\"mid\" transform=\"translate(12 %d) rotate(-90)\">true</text>\n",
           margin + k * side / 2);
    for (int t = 0; t < k; t++) {
        if (side == CELL || t % 5 == 0) put_names(page, r, t, side, margin);
        int64_t of = row_sum(e, t);
        for (int c = 0; c < k; c++)
            put_cell(page, e->confusion[t * k + c], of, margin + c * side, margin + t * side, side,
                     c == t);
    }
    cg_put(page, "<path class=\"grid\" d=\"M%d %dH%dV%dH%dZ\"/>\n", margin - 1, margin - 1,
           margin + k * side, margin + k * side, margin - 1);
    cg_drawing_end(page, &drawing);
    cg_put(page,
           "<p class=\"note\">A row for each true class, a column for each predicted one; the "
           "stronger the colour, the larger the share of the row.</p>\n");
}

const cg_figure cg_figure_confusion = {
    .id = "confusion", .title = "Confusion", .of_classes = true, .draw = draw
};
