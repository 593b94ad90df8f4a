#include "report/plot.h"

#include <math.h>
#include <string.h>

/* The picture and the frame inside it, in units of the view box. */
enum { WIDTH = 420, HEIGHT = 250, LEFT = 52, RIGHT = 404, TOP = 34, BOTTOM = 214, TICKS = 5 };

typedef struct {
    double low, high, step;
    double from, to; /* where low and high lie */
} axis;

/* A step of 1, 2 or 5 times a power of ten, for about TICKS of them. */
static double step_of(double length)
{
    double rough = length / TICKS, power = pow(10, floor(log10(rough))), part = rough / power;
    return power * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
}

/* Beyond these a length, or a step of it, would be 0 or infinite. */
static const double least = 1e-300, most = 1e300;

static axis axis_of(double low, double high, double from, double to)
{
    if (!(high - low > least)) {
        double room = fabs(low) > least ? fabs(low) / 2 : 1;
        low -= room;
        high += room;
    }
    return (axis){ low, high, step_of(high - low), from, to };
}

/* Ends on whole steps. */
static axis rounded(axis a)
{
    a.low = a.step * floor(a.low / a.step + 1e-9);
    a.high = a.step * ceil(a.high / a.step - 1e-9);
    return a;
}

static double at(const axis *a, double value)
{
    return a->from + (value - a->low) / (a->high - a->low) * (a->to - a->from);
}

static double first_tick(const axis *a)
{
    return ceil(a->low / a->step - 1e-9);
}

static int n_ticks(const axis *a)
{
    return (int)(floor(a->high / a->step + 1e-9) - first_tick(a)) + 1;
}

static double tick(const axis *a, int i)
{
    return a->step * (first_tick(a) + i);
}

static void widen(const cg_plot *p, double *low, double *high)
{
    for (int s = 0; s < p->n_series; s++)
        for (int i = 0; i < p->n; i++) {
            if (!isfinite(p->series[s].values[i])) continue;
            double value = fmax(-most, fmin(p->series[s].values[i], most));
            *low = fmin(*low, value);
            *high = fmax(*high, value);
        }
}

static bool has_values(const cg_plot *p, const cg_series *s)
{
    for (int i = 0; i < p->n; i++)
        if (isfinite(s->values[i])) return true;
    return false;
}

static void put_frame(cg_page *page, const cg_plot *p, const axis *x, const axis *y)
{
    for (int i = 0; i < n_ticks(y); i++) {
        double v = at(y, tick(y, i));
        cg_put(page,
               "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text class=\"end\" x=\"%d\" y=\"%.1f\">",
               LEFT, v, RIGHT, LEFT - 7, v + 4);
        cg_put_number(page, tick(y, i));
        cg_put(page, "</text>\n");
    }
    for (int i = 0; i < n_ticks(x); i++) {
        cg_put(page, "<text class=\"mid\" x=\"%.1f\" y=\"%d\">", at(x, tick(x, i)), BOTTOM + 18);
        cg_put_number(page, tick(x, i));
        cg_put(page, "</text>\n");
    }
    cg_put(page, "<text class=\"mid\" x=\"%d\" y=\"%d\">%s</text>\n", (LEFT + RIGHT) / 2,
           BOTTOM + 33, p->x_title);
}

static void put_line(cg_page *page, const cg_plot *p, const cg_series *s, const axis *x,
                     const axis *y)
{
    bool is_down = false;
    cg_put(page, "<path class=\"line %s\" d=\"", s->style);
    for (int i = 0; i < p->n; i++) {
        if (isfinite(s->values[i]))
            cg_put(page, "%c%.1f %.1f", is_down ? 'L' : 'M', at(x, p->x[i]), at(y, s->values[i]));
        is_down = isfinite(s->values[i]);
    }
    cg_put(page, "\"/>\n");
    for (int i = 0; i < p->n && p->n <= 40; i++)
        if (isfinite(s->values[i]))
            cg_put(page, "<circle class=\"dot %s\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.2\"/>\n", s->style,
                   at(x, p->x[i]), at(y, s->values[i]));
}

/* At the right of the title, from the last to the first; a letter is about 6 units wide. */
static void put_legend(cg_page *page, const cg_plot *p)
{
    int x = RIGHT, n = 0;
    for (int s = 0; s < p->n_series; s++) n += has_values(p, &p->series[s]);
    for (int s = p->n_series - 1; s >= 0 && n > 1; s--) {
        x -= 6 * (int)strlen(p->series[s].name);
        cg_put(page, "<path class=\"line %s\" d=\"M%d 14h16\"/><text x=\"%d\" y=\"18\">%s</text>\n",
               p->series[s].style, x - 22, x, p->series[s].name);
        x -= 38;
    }
}

void cg_put_plot(cg_page *page, const cg_plot *p)
{
    double low = isnan(p->low) ? (double)INFINITY : p->low,
           high = isnan(p->high) ? -(double)INFINITY : p->high;
    widen(p, &low, &high);
    if (p->n < 1 || !isfinite(low) || !isfinite(high)) {
        cg_put(page, "<p class=\"none\">%s: not recorded.</p>\n", p->title);
        return;
    }
    axis x = axis_of(p->x[0], p->x[p->n - 1], LEFT + 8, RIGHT - 8);
    axis y = rounded(axis_of(low, high, BOTTOM, TOP));
    x.step = fmax(x.step, 1);
    const cg_drawing drawing = {
        .name = p->name, .class = "plot", .label = p->title, .width = WIDTH, .height = HEIGHT
    };
    cg_drawing_begin(page, &drawing);
    cg_put(page, "<text class=\"title\" x=\"%d\" y=\"18\">%s</text>\n", 4, p->title);
    put_legend(page, p);
    put_frame(page, p, &x, &y);
    for (int s = 0; s < p->n_series; s++)
        if (has_values(p, &p->series[s])) put_line(page, p, &p->series[s], &x, &y);
    cg_drawing_end(page, &drawing);
}
