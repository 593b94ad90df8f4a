/* The source "digits": handwriting that is drawn, for machines without a data set and for tests.
 *
 * A style's points are moved a little, bent by a smooth field, turned, sheared and stretched; the
 * curves through them are drawn with a round pen of varying width and put into 28 x 28 as MNIST
 * does: a box of 20 x 20, centred by mass.  Image i of a part is a function of (seed, part, i). */
#include "data/glyphs.h"
#include "data/source.h"

#include "base/budget.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

enum { CLASSES = 10, SIDE = 28, BOX = 20, SAMPLES_PER_SPAN = 8, MAX_TRACE = 256 };
#define TAU 6.283185307179586476925

/* How much writing varies: fitted so that a network trained on these reads MNIST. */
static const double point_jitter = 0.042, bend = 0.055, turn = 0.17, lean = 0.28, lean_mean = 0.15,
                    stretch = 0.30, pen_mean = 1.20, pen_spread = 0.32;

typedef struct {
    double x, y;
} point;

/* What the pen draws: from each point to the one before it, unless it was lifted there. */
typedef struct {
    int n;
    point at[MAX_TRACE];
    bool lifted[MAX_TRACE];
} trace;

/* --- the skeleton ----------------------------------------------------------------------------- */

static const cg_glyph *choose_style(cg_rng *rng, int digit)
{
    int total = 0;
    for (const cg_glyph *g = cg_glyphs; g->digit >= 0; g++)
        total += g->digit == digit ? g->weight : 0;
    int left = (int)cg_rng_below(rng, (uint64_t)total);
    const cg_glyph *g = cg_glyphs;
    while (g->digit != digit || (left -= g->weight) >= 0) g++;
    return g;
}

/* Catmull-Rom: the curve through b and c, for t in 0..1, whose tangents follow a..c and b..d. */
static point on_curve(point a, point b, point c, point d, double t)
{
    double wa = t * (-0.5 + t * (1 - 0.5 * t)), wb = 1 + t * t * (-2.5 + 1.5 * t);
    double wc = t * (0.5 + t * (2 - 1.5 * t)), wd = t * t * (-0.5 + 0.5 * t);
    return (point){ wa * a.x + wb * b.x + wc * c.x + wd * d.x,
                    wa * a.y + wb * b.y + wc * c.y + wd * d.y };
}

static void add_point(trace *tr, point p, bool lifted)
{
    if (tr->n == MAX_TRACE) return;
    tr->at[tr->n] = p;
    tr->lifted[tr->n++] = lifted;
}

/* One word of letters. */
static void add_stroke(trace *tr, const point points[], const char *letters, int n)
{
    bool is_closed = n > 2 && letters[0] == letters[n - 1];
    for (int i = 0; i + 1 < n; i++) {
        int before = i > 0 ? i - 1 : is_closed ? n - 2 : i;
        int after = i + 2 < n ? i + 2 : is_closed ? 1 : i + 1;
        point a = points[letters[before] - 'a'], b = points[letters[i] - 'a'];
        point c = points[letters[i + 1] - 'a'], d = points[letters[after] - 'a'];
        for (int s = i > 0; s <= SAMPLES_PER_SPAN; s++)
            add_point(tr, on_curve(a, b, c, d, (double)s / SAMPLES_PER_SPAN), i == 0 && s == 0);
    }
}

static void write_glyph(trace *tr, const cg_glyph *glyph, cg_rng *rng)
{
    point points[CG_GLYPH_POINTS];
    for (int i = 0; i < CG_GLYPH_POINTS; i++) {
        points[i].x = glyph->point[i][0] + point_jitter * cg_rng_normal(rng);
        points[i].y = glyph->point[i][1] + point_jitter * cg_rng_normal(rng);
    }
    for (const char *word = glyph->strokes; *word;) {
        int n = (int)strcspn(word, " ");
        add_stroke(tr, points, word, n);
        word += n + (word[n] == ' ');
    }
}

/* --- the hand --------------------------------------------------------------------------------- */

/* Two waves for each axis move the points. */
static void bend_trace(trace *tr, cg_rng *rng)
{
    double wave[2][2][4]; /* axis, wave: amplitude, frequency in x, in y, phase */
    for (int axis = 0; axis < 2; axis++)
        for (int w = 0; w < 2; w++) {
            wave[axis][w][0] = bend * cg_rng_normal(rng);
            wave[axis][w][1] = 0.8 * cg_rng_normal(rng);
            wave[axis][w][2] = 0.8 * cg_rng_normal(rng);
            wave[axis][w][3] = cg_rng_uniform(rng);
        }
    for (int i = 0; i < tr->n; i++) {
        double move[2] = { 0, 0 }, x = tr->at[i].x, y = tr->at[i].y;
        for (int axis = 0; axis < 2; axis++)
            for (int w = 0; w < 2; w++) {
                const double *f = wave[axis][w];
                move[axis] += f[0] * sin(TAU * (f[1] * x + f[2] * y + f[3]));
            }
        tr->at[i].x += move[0];
        tr->at[i].y += move[1];
    }
}

/* Turned, leaning and narrower or wider. */
static void tilt_trace(trace *tr, cg_rng *rng)
{
    double angle = turn * cg_rng_normal(rng), shear = lean_mean + lean * cg_rng_normal(rng);
    double width = 0.80 * exp(stretch * cg_rng_normal(rng)), c = cos(angle), s = sin(angle);
    for (int i = 0; i < tr->n; i++) {
        double x = width * (tr->at[i].x - 0.5), y = tr->at[i].y - 0.5;
        x -= shear * y;
        tr->at[i] = (point){ c * x - s * y, s * x + c * y };
    }
}

/* Into a box of BOX pixels with the pen's width, then the centre of mass to the image's centre. */
static void place_trace(trace *tr, double radius)
{
    point low = tr->at[0], high = tr->at[0];
    for (int i = 1; i < tr->n; i++) {
        low = (point){ fmin(low.x, tr->at[i].x), fmin(low.y, tr->at[i].y) };
        high = (point){ fmax(high.x, tr->at[i].x), fmax(high.y, tr->at[i].y) };
    }
    double scale = (BOX - 2 * radius) / fmax(high.x - low.x, high.y - low.y);
    double mass = 0, x = 0, y = 0;
    for (int i = 0; i < tr->n; i++) {
        tr->at[i] = (point){ scale * tr->at[i].x, scale * tr->at[i].y };
        if (tr->lifted[i]) continue;
        point a = tr->at[i - 1], b = tr->at[i];
        double length = hypot(b.x - a.x, b.y - a.y);
        mass += length;
        x += length * (a.x + b.x) / 2;
        y += length * (a.y + b.y) / 2;
    }
    for (int i = 0; i < tr->n; i++) {
        tr->at[i].x += SIDE / 2. - x / mass;
        tr->at[i].y += SIDE / 2. - y / mass;
    }
}

/* --- the ink ---------------------------------------------------------------------------------- */

static double distance(point p, point a, point b)
{
    double x = b.x - a.x, y = b.y - a.y, length = x * x + y * y;
    double t = length > 0 ? ((p.x - a.x) * x + (p.y - a.y) * y) / length : 0;
    t = fmin(fmax(t, 0), 1);
    return hypot(p.x - a.x - t * x, p.y - a.y - t * y);
}

static int clamp_pixel(double at)
{
    return at < 0 ? 0 : at > SIDE - 1 ? SIDE - 1 : (int)at;
}

/* Ink fades over one pixel at the pen's edge; where strokes meet, the darker one counts. */
static void draw_segment(uint8_t *image, point a, point b, double radius)
{
    double reach = radius + 1;
    int left = clamp_pixel(fmin(a.x, b.x) - reach), right = clamp_pixel(fmax(a.x, b.x) + reach);
    int top = clamp_pixel(fmin(a.y, b.y) - reach), bottom = clamp_pixel(fmax(a.y, b.y) + reach);
    for (int y = top; y <= bottom; y++)
        for (int x = left; x <= right; x++) {
            double ink = radius + 0.5 - distance((point){ x + 0.5, y + 0.5 }, a, b);
            uint8_t value = (uint8_t)(255 * fmin(fmax(ink, 0), 1) + 0.5);
            if (value > image[y * SIDE + x]) image[y * SIDE + x] = value;
        }
}

static void draw_digit(uint8_t *image, int digit, cg_rng rng)
{
    trace tr = { .n = 0 };
    write_glyph(&tr, choose_style(&rng, digit), &rng);
    bend_trace(&tr, &rng);
    tilt_trace(&tr, &rng);
    double radius = pen_mean * exp(pen_spread * cg_rng_normal(&rng));
    place_trace(&tr, radius);
    for (int i = 1; i < tr.n; i++)
        if (!tr.lifted[i]) draw_segment(image, tr.at[i - 1], tr.at[i], radius);
}

/* --- the source ------------------------------------------------------------------------------- */

static cg_status load(cg_samples *samples, const cg_data_spec *spec, int part, cg_error *error)
{
    static const int64_t by_default[CG_N_PARTS] = { [CG_TRAIN] = 12000, [CG_TEST] = 2000 };
    static const int64_t most = 10000000;
    int64_t n = spec->digits[part] ? spec->digits[part] : by_default[part];
    if (n < 1 || n > most)
        return cg_fail(error, CG_EDATA, "digits: %lld images for '%s' are not within 1..%lld",
                       (long long)n, cg_part_names[part], (long long)most);
    CG_TRY(cg_budget_check(samples->budget, "drawn digits", n * (SIDE * SIDE + 1), error));
    samples->images = cg_alloc((size_t)n, SIDE * SIDE);
    samples->labels = cg_alloc((size_t)n, 1);
    if (!samples->images || !samples->labels) return cg_fail_nomem(error, "drawn digits");
    samples->n = n;
    samples->shape = CG_SHAPE(1, SIDE, SIDE);
    samples->n_classes = CLASSES;
    for (int64_t i = 0; i < n; i++) {
        uint64_t index = (uint64_t)part << 32 | (uint64_t)i;
        samples->labels[i] = (uint8_t)(i % CLASSES);
        draw_digit(samples->images + i * SIDE * SIDE, samples->labels[i],
                   cg_rng_new(spec->seed, "digits", index));
    }
    return CG_OK;
}

const cg_source cg_source_digits = {
    .kind = { .name = "digits",
              .help = "handwriting drawn from strokes, 12000 and 2000 of 28x28; needs no files",
              .shape = CG_DIMS(1, SIDE, SIDE),
              .n_classes = CLASSES },
    .load = load,
};
