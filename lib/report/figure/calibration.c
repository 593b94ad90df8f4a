/* The reliability diagram: share of hits over the probability of the predicted class. */
#include "report/drawing.h"
#include "report/report.h"

#include <inttypes.h>
#include <math.h>

/* Units of the view box: the square of probability and share, and the images below it. */
enum { WIDTH = 364, HEIGHT = 396, LEFT = 52, TOP = 16, SIDE = 300, BARS = 30 };

static double x_of(double probability)
{
    return LEFT + SIDE * probability;
}

static double y_of(double share)
{
    return TOP + SIDE * (1 - share);
}

static void put_frame(cg_page *page)
{
    for (int i = 0; i <= 5; i++) {
        double v = i / 5.0;
        cg_put(page,
               "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text class=\"end\" x=\"%d\" "
               "y=\"%.1f\">%.1f</text><text class=\"mid\" x=\"%.1f\" y=\"%d\">%.1f</text>\n",
               LEFT, y_of(v), LEFT + SIDE, LEFT - 7, y_of(v) + 4, v, x_of(v),
               TOP + SIDE + BARS + 18, v);
    }
    cg_put(page, "<path class=\"even\" d=\"M%d %dL%d %d\"/>\n", LEFT, TOP + SIDE, LEFT + SIDE, TOP);
    cg_put(page,
           "<text class=\"mid\" x=\"%d\" y=\"%d\">probability of the predicted class</text>\n",
           LEFT + SIDE / 2, HEIGHT - 2);
}

/* A bin: its share of hits as a bar that reaches from the diagonal, and how many images it has. */
static void put_bin(cg_page *page, const cg_calibration_bin *bin, int b, double most)
{
    double left = x_of((double)b / CG_CALIBRATION_BINS), width = (double)SIDE / CG_CALIBRATION_BINS;
    double images = (BARS - 4) * sqrt((double)bin->n / most);
    if (bin->n == 0) return;
    cg_put(
        page,
        "<rect class=\"bin\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>%" PRId64
        " images, probability %.3f, share of hits %.3f</title></rect>\n",
        left + 0.5, y_of(bin->accuracy), width - 1, fmax(SIDE * bin->accuracy, 1), bin->n,
        bin->confidence, bin->accuracy);
    cg_put(page, "<circle class=\"dot b\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.6\"/>",
           x_of(bin->confidence), y_of(bin->accuracy));
    cg_put(page, "<rect class=\"count\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
           left + 0.5, TOP + SIDE + BARS + 2 - images, width - 1, images);
}

static void draw(cg_page *page, const cg_report *r)
{
    const cg_evaluation *e = r->evaluation;
    static const cg_drawing drawing = { .name = "calibration",
                                        .class = "matrix",
                                        .label = "Share of hits over probability",
                                        .width = WIDTH,
                                        .height = HEIGHT,
                                        .max_width = 360 };
    int64_t most = 1;
    if (!isfinite(e->calibration_error)) {
        cg_put(page, "<p class=\"none\">The outputs of this model are no probabilities.</p>\n");
        return;
    }
    for (int b = 0; b < CG_CALIBRATION_BINS; b++)
        if (e->calibration[b].n > most) most = e->calibration[b].n;
    cg_drawing_begin(page, &drawing);
    for (int b = 0; b < CG_CALIBRATION_BINS; b++)
        put_bin(page, &e->calibration[b], b, (double)most);
    put_frame(page);
    cg_drawing_end(page, &drawing);
    cg_put(page,
           "<p class=\"note\">Share of hits in %d bins; on the diagonal a "
           "probability means what it says. Below: how many images (square root). The "
           "expected calibration error is %.2f&#8239;%%.</p>\n",
           (int)CG_CALIBRATION_BINS, 100 * e->calibration_error);
}

const cg_figure cg_figure_calibration = {
    .id = "calibration", .title = "Calibration", .of_classes = true, .draw = draw
};
