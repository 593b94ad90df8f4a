/* Augmentation: what moves exactly, where random numbers come from, and what they are like. */
#include "data/augment/augment.h"

#include "base/memory.h"

#include <cnngraph/model.h>

#include "../tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE };

/* fmax(), of which gcc 12 for aarch64 can end in an internal error. */
static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* ---- help ------------------------------------------------------------------------------------ */
static cg_model *parse(const char *data)
{
    char text[1000];
    cg_model *model;
    cg_error error = { 0 };
    snprintf(text, sizeof text,
             "cnngraph: 1\ndata: {source: digits, %s}\n"
             "model: {input: {shape: [1, 28, 28]}, layers: [flatten, dense: {units: 10}]}\n"
             "loss: cross_entropy\noptimizer: sgd\ntrain: {epochs: 1, batch: 4}\n",
             data);
    if (cg_model_parse(&model, "m.yaml", text, strlen(text), 0, NULL, NULL, &error) != CG_OK)
        printf("# %s\n", error.message);
    return model;
}

static cg_augmenter *augmenter_of(const cg_model *model)
{
    const cg_spec *spec = cg_model_spec(model);
    static double mean, std;
    cg_augmenter *a = NULL;
    mean = spec->data.mean;
    std = spec->data.std != 0 ? spec->data.std : 1;
    cg_augmenter_new(&a, &spec->data, &spec->input, &mean, &std, NULL);
    return a;
}

/* An image of distinct values, x, as it becomes under `data` as number `image` of an epoch. */
static void augment(const char *data, int64_t epoch, int64_t image, float x[PIXELS])
{
    cg_model *model = parse(data);
    cg_augmenter *a = augmenter_of(model);
    if (a) cg_augmenter_apply(a, epoch, 1, &image, x);
    cg_augmenter_free(a);
    cg_model_free(model);
}

static void draw(float x[PIXELS])
{
    for (int i = 0; i < PIXELS; i++) x[i] = (float)(i * 389 % PIXELS) / PIXELS;
}

static bool same(const float a[PIXELS], const float b[PIXELS])
{
    return memcmp(a, b, PIXELS * sizeof *a) == 0;
}

/* ---- exactness ------------------------------------------------------------------------------- */
static void test_identity(void)
{
    static const char *const steps[] = { "translate: {pixels: 0}",
                                         "rotate: {degrees: 0}",
                                         "scale: {min: 1, max: 1}",
                                         "shear: {degrees: 0}",
                                         "flip: {probability: 0}",
                                         "pad_and_crop: {pixels: 0}",
                                         "elastic: {alpha: 0}",
                                         "brightness: {by: 0}",
                                         "contrast: {by: 0}",
                                         "noise: {std: 0}",
                                         "mixup" };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        float x[PIXELS], y[PIXELS];
        char data[200];
        snprintf(data, sizeof data, "normalize: {mean: 0.3, std: 0.7}, augment: [%s]", steps[i]);
        draw(x), draw(y);
        augment(data, 3, 5, y);
        ok(same(x, y), "%s leaves every bit of an image", steps[i]);
    }
}

typedef struct {
    cg_warp warp;
    cg_canvas canvas;
    float shift[2][PIXELS], padded[2 * PIXELS];
} bench;

static void set_up(bench *b, double fill)
{
    static const double mean = 0, std = 1;
    *b = (bench){ .warp = { .height = SIDE, .width = SIDE },
                  .canvas = { .channels = 1,
                              .height = SIDE,
                              .width = SIDE,
                              .fill = fill,
                              .mean = &mean,
                              .std = &std } };
    b->warp.shift[0] = b->shift[0];
    b->warp.shift[1] = b->shift[1];
    cg_warp_reset(&b->warp);
    cg_warp_border(&b->canvas, b->padded);
}

static void rotate(bench *b, double degrees)
{
    double angle = degrees * (acos(-1) / 180);
    double l[2][2] = { { cos(angle), -sin(angle) }, { sin(angle), cos(angle) } };
    cg_warp_follow(&b->warp, l, 0, 0);
}

static void shift(bench *b, double tx, double ty)
{
    double l[2][2] = { { 1, 0 }, { 0, 1 } };
    cg_warp_follow(&b->warp, l, tx, ty);
}

static void test_whole_pixels(void)
{
    static bench b;
    int n_wrong = 0;
    for (int ty = -SIDE - 3; ty <= SIDE + 3; ty += 3)
        for (int tx = -SIDE - 3; tx <= SIDE + 3; tx += 3) {
            float x[PIXELS], y[PIXELS];
            draw(x), draw(y);
            set_up(&b, -2);
            shift(&b, tx, ty);
            cg_warp_image(&b.warp, &b.canvas, b.padded, y);
            for (int i = 0; i < PIXELS; i++) {
                int row = i / SIDE - ty, column = i % SIDE - tx;
                bool is_inside = row >= 0 && row < SIDE && column >= 0 && column < SIDE;
                n_wrong += y[i] != (is_inside ? x[row * SIDE + column] : -2);
            }
        }
    ok(n_wrong == 0, "a shift by whole pixels moves them exactly, and fill follows");
}

static void test_quarter_turns(void)
{
    static bench b;
    for (int turns = 1; turns < 4; turns++) {
        float x[PIXELS], y[PIXELS];
        int n_wrong = 0;
        draw(x), draw(y);
        set_up(&b, -2);
        rotate(&b, 90 * turns);
        cg_warp_image(&b.warp, &b.canvas, b.padded, y);
        for (int i = 0; i < PIXELS; i++) {
            int row = i / SIDE, column = i % SIDE;
            for (int k = 0; k < turns; k++) {
                int kept = row;
                row = column;
                column = SIDE - 1 - kept;
            }
            n_wrong += y[i] != x[row * SIDE + column];
        }
        ok(n_wrong == 0, "a turn by %d degrees is exact", 90 * turns);
    }
}

/* Two resamplings would blur by a quarter of the difference of neighbours and more. */
static void test_composition(void)
{
    static bench b;
    float x[PIXELS], y[PIXELS];
    double worst = 0;
    draw(x), draw(y);
    set_up(&b, 0);
    rotate(&b, 30);
    shift(&b, 1.5, -0.25);
    shift(&b, -1.5, 0.25);
    rotate(&b, -30);
    cg_warp_image(&b.warp, &b.canvas, b.padded, y);
    for (int i = 0; i < PIXELS; i++) worst = larger(worst, fabs((double)(x[i] - y[i])));
    ok(worst < 1e-4, "maps that undo each other leave the image sharp (%.1e)", worst);

    float z[PIXELS];
    draw(y), draw(z);
    set_up(&b, 0);
    shift(&b, 3, 0);
    rotate(&b, 90);
    cg_warp_image(&b.warp, &b.canvas, b.padded, y);
    set_up(&b, 0);
    shift(&b, 3, 0);
    cg_warp_image(&b.warp, &b.canvas, b.padded, z);
    set_up(&b, 0);
    rotate(&b, 90);
    cg_warp_image(&b.warp, &b.canvas, b.padded, z);
    ok(same(y, z), "maps follow one another in their order");
}

/* Against the definition, in double precision, one pixel at a time. */
static double pixel_at(const float x[PIXELS], double u, double v)
{
    double sum = 0;
    for (int row = -1; row <= SIDE; row++)
        for (int column = -1; column <= SIDE; column++) {
            double weight = larger(0, 1 - fabs(u - column)) * larger(0, 1 - fabs(v - row));
            bool is_inside = row >= 0 && row < SIDE && column >= 0 && column < SIDE;
            sum += weight * (is_inside ? (double)x[row * SIDE + column] - 0.5 : 0);
        }
    return sum + 0.5;
}

static void test_interpolation(void)
{
    static bench b;
    float x[PIXELS], y[PIXELS];
    double worst = 0;
    draw(x), draw(y);
    set_up(&b, 0.5);
    rotate(&b, 33);
    shift(&b, 2.3, -5.1);
    b.warp.is_shifted = true;
    for (int i = 0; i < PIXELS; i++) b.shift[0][i] = (float)sin(i), b.shift[1][i] = (float)cos(i);
    cg_warp_image(&b.warp, &b.canvas, b.padded, y);
    for (int i = 0; i < PIXELS; i++) {
        double at[2];
        for (int k = 0; k < 2; k++)
            at[k] = b.warp.m[k][0] * (i % SIDE) + b.warp.m[k][1] * (i / SIDE) + b.warp.m[k][2] +
                    (double)b.shift[k][i];
        worst = larger(worst, fabs((double)y[i] - pixel_at(x, at[0], at[1])));
    }
    ok(worst < 1e-5, "pixels between pixels are interpolated, beyond the edge with fill (%.1e)",
       worst);
}

static void test_flip(void)
{
    for (int vertical = 0; vertical < 2; vertical++) {
        float x[PIXELS], y[PIXELS];
        int n_wrong = 0;
        draw(x), draw(y);
        augment(vertical ? "augment: [flip: {axis: vertical, probability: 1}]"
                         : "augment: [flip: {probability: 1}]",
                0, 0, y);
        for (int i = 0; i < PIXELS; i++) {
            int row = i / SIDE, column = i % SIDE;
            n_wrong +=
                y[i] !=
                x[vertical ? (SIDE - 1 - row) * SIDE + column : row * SIDE + SIDE - 1 - column];
        }
        ok(n_wrong == 0, "a %s flip mirrors exactly", vertical ? "vertical" : "horizontal");
    }
}

/* ---- where random numbers come from ---------------------------------------------------------- */
#define ALL                                                                              \
    "translate: {pixels: 2}, rotate: {degrees: 10}, scale: {min: 0.9, max: 1.1}, "       \
    "shear: {degrees: 5}, flip, pad_and_crop: {pixels: 2}, elastic, cutout: {size: 6}, " \
    "brightness: {by: 0.1}, contrast: {by: 0.1}, noise: {std: 0.1}"

static void test_determinism(void)
{
    enum { N = 6 };
    static float x[N * PIXELS], alone[PIXELS];
    const int64_t order[N] = { 4, 0, 1000000, 2, 17, 3 };
    cg_model *model = parse("augment: [" ALL "]");
    cg_augmenter *a = augmenter_of(model);
    for (int i = 0; i < N; i++) draw(x + i * PIXELS);
    cg_augmenter_apply(a, 2, N, order, x);
    int n_same = 0, n_alike = 0;
    for (int i = 0; i < N; i++) {
        draw(alone);
        augment("augment: [" ALL "]", 2, order[i], alone);
        n_same += same(alone, x + i * PIXELS);
        for (int k = 0; k < i; k++) n_alike += same(x + k * PIXELS, x + i * PIXELS);
    }
    ok(n_same == N, "an image becomes the same in every batch");
    ok(n_alike == 0, "no two images become alike");
    draw(alone);
    augment("augment: [" ALL "]", 3, order[0], alone);
    ok(!same(alone, x), "another epoch makes something else of it");
    cg_augmenter_free(a);
    cg_model_free(model);
}

static void test_streams(void)
{
    float x[PIXELS], y[PIXELS], z[PIXELS];
    draw(x), draw(y), draw(z);
    augment("augment: [rotate: {degrees: 30}]", 1, 7, x);
    augment("augment: [noise: {std: 0}, rotate: {degrees: 30}]", 1, 7, y);
    ok(same(x, y), "a step more leaves the numbers of the others as they were");
    augment("augment: [rotate: {degrees: 30}, rotate: {degrees: 30}]", 1, 7, z);
    draw(y);
    augment("augment: [rotate: {degrees: 60}]", 1, 7, y);
    ok(!same(y, z), "two steps of a name draw numbers of their own");
}

/* ---- what they are like ---------------------------------------------------------------------- */
static void test_noise(void)
{
    enum { IMAGES = 100 };
    double sum[5] = { 0 }, n = IMAGES * PIXELS, neighbours = 0;
    for (int64_t image = 0; image < IMAGES; image++) {
        float x[PIXELS] = { 0 };
        augment("normalize: {mean: 0.5, std: 0.25}, augment: [noise: {std: 0.1}]", 0, image, x);
        for (int i = 0; i < PIXELS; i++)
            for (int k = 1; k < 5; k++) sum[k] += pow((double)x[i] / 0.4, k) / n;
        for (int i = 1; i < PIXELS; i++) neighbours += (double)(x[i] * x[i - 1]) / 0.16 / n;
    }
    double tolerance = 5 / sqrt(n); /* deviations: 1, sqrt 2, sqrt 15, sqrt 96 of 1 / sqrt n */
    ok(fabs(sum[1]) < tolerance, "noise has mean 0 (%.4f)", sum[1]);
    ok(fabs(sum[2] - 1) < 1.5 * tolerance, "the deviation asked for, before normalize (%.4f)",
       sqrt(sum[2]));
    ok(fabs(sum[3]) < 4 * tolerance && fabs(sum[4] - 3) < 10 * tolerance,
       "and the skewness and kurtosis of a Gaussian (%.3f, %.3f)", sum[3], sum[4]);
    ok(fabs(neighbours) < tolerance, "neighbours know nothing of each other (%.4f)", neighbours);
}

/* Smoothing U(-1, 1), of variance 1/3, by a separable Gaussian w of sum 1 leaves a variance of
 * (sum w^2)^2 / 3 far from the edge. */
static void test_elastic(void)
{
    enum { EDGE = 400, MARGIN = 12 };
    const double attrs[2] = { 34, 4 }; /* alpha, sigma */
    static float field[3][EDGE * EDGE];
    cg_warp warp = {
        .height = EDGE, .width = EDGE, .shift = { field[0], field[1] }, .smoothed = field[2]
    };
    cg_rng rng = cg_rng_new(1, "elastic", 0);
    cg_augment_find("elastic")->move(attrs, &rng, &warp);
    double total = 0, squares = 0, variance = 0, product = 0, n = 0;
    for (int k = -MARGIN; k <= MARGIN; k++) total += exp(-k * k / 32.);
    for (int k = -MARGIN; k <= MARGIN; k++) squares += pow(exp(-k * k / 32.) / total, 2);
    for (int row = MARGIN; row < EDGE - MARGIN; row++)
        for (int column = MARGIN; column < EDGE - MARGIN; column++, n++) {
            double u = (double)field[0][row * EDGE + column],
                   v = (double)field[1][row * EDGE + column];
            variance += (u * u + v * v) / 2;
            product += u * v;
        }
    double expected = 34 * squares / sqrt(3), found = sqrt(variance / n);
    ok(warp.is_shifted && fabs(found / expected - 1) < 0.05,
       "elastic fields move pixels by %.3f on average, %.3f by the formula", found, expected);
    ok(fabs(product) < 0.1 * variance, "down and across on their own (%.3f)", product / variance);
    double rough = 0;
    for (int i = 1; i < EDGE * EDGE; i++)
        if (i % EDGE) rough = larger(rough, fabs((double)(field[0][i] - field[0][i - 1])));
    ok(rough < found, "neighbours move alike (%.3f at most)", rough);
}

static void test_cutout(void)
{
    enum { IMAGES = 2000 };
    int64_t n_cut = 0, most = 0;
    for (int64_t image = 0; image < IMAGES; image++) {
        float x[PIXELS];
        int64_t n = 0;
        for (int i = 0; i < PIXELS; i++) x[i] = 0.25f;
        augment("normalize: {mean: 0.5, std: 0.25}, "
                "augment: {fill: 1, steps: [cutout: {size: 6}]}",
                0, image, x);
        for (int i = 0; i < PIXELS; i++) n += x[i] == 2; /* (1 - 0.5) / 0.25 */
        for (int i = 0; i < PIXELS; i++) n += x[i] != 2 && x[i] != 0.25f ? 1000 : 0;
        n_cut += n;
        if (n > most) most = n;
    }
    /* A side loses 6 - k pixels at k of 6 places: 28 places hold 6 28 - 3 - 2 - 1 - 2 - 1 */
    double mean = (double)n_cut / IMAGES, expected = pow((6 * 28 - 9) / 28., 2);
    ok(most == 36 && fabs(mean - expected) < 0.7,
       "a square of 6 x 6 is cut out with fill, %.2f pixels of it within the image, not %.2f", mean,
       expected);
}

static void test_ranges(void)
{
    double lowest = 1, highest = 0;
    int n_mirrored = 0, n_places = 0;
    bool seen[25] = { false };
    for (int64_t image = 0; image < 1000; image++) {
        float x[PIXELS] = { [0] = 1 }, y[PIXELS] = { [14 * SIDE + 14] = 1 }, z[PIXELS] = { 0 };
        augment("augment: [flip: {probability: 0.3}]", 0, image, x);
        n_mirrored += x[SIDE - 1] == 1;
        augment("augment: [pad_and_crop: {pixels: 2}]", 0, image, y);
        for (int i = 0; i < PIXELS; i++)
            if (y[i] == 1) seen[(i / SIDE - 12) * 5 + i % SIDE - 12] = true;
        augment("augment: [brightness: {by: 0.5}]", 0, image, z);
        lowest = fmin(lowest, (double)z[0]);
        highest = larger(highest, (double)z[0]);
    }
    for (int i = 0; i < 25; i++) n_places += seen[i];
    ok(abs(n_mirrored - 300) < 75, "a share of 0.3 is mirrored (%d of 1000)", n_mirrored);
    ok(n_places == 25, "crops begin at each of 5 x 5 places");
    ok(lowest > -0.5 && lowest < -0.49 && highest < 0.5 && highest > 0.49,
       "brightness changes by up to 0.5 (%.3f to %.3f)", lowest, highest);
}

/* Whatever the channels are normalised by, values before that are changed alike. */
static void test_channels(void)
{
    static const double mean[2] = { 0.5, -1 }, std[2] = { 0.25, 2 };
    static const char *const steps[] = { "cutout: {size: 9}", "translate: {pixels: 9}",
                                         "brightness: {by: 0.5}", "contrast: {by: 0.5}" };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        static float x[2 * PIXELS];
        char data[200];
        double worst = 0, change = 0;
        cg_augmenter *a;
        snprintf(data, sizeof data, "augment: {fill: 0.3, steps: [%s]}", steps[i]);
        cg_model *model = parse(data);
        cg_augmenter_new(&a, &cg_model_spec(model)->data, &CG_SHAPE(2, SIDE, SIDE), mean, std,
                         NULL);
        for (int k = 0; k < 2 * PIXELS; k++)
            x[k] = (float)((k % 7 / 7. - mean[k / PIXELS]) / std[k / PIXELS]);
        cg_augmenter_apply(a, 0, 1, (int64_t[]){ 5 }, x);
        for (int k = 0; k < PIXELS; k++) {
            double first = (double)x[k] * std[0] + mean[0],
                   second = (double)x[PIXELS + k] * std[1] + mean[1];
            worst = larger(worst, fabs(first - second));
            change = larger(change, fabs(first - k % 7 / 7.));
        }
        ok(worst < 1e-5 && change > 0.01, "%s changes two channels alike (%.1e of %.2f)", steps[i],
           worst, change);
        cg_augmenter_free(a);
        cg_model_free(model);
    }
}

/* ---- mixup ------------------------------------------------------------------------------------
 */
/* E[b (1 - b)] of b from Beta(alpha, alpha) is alpha / (2 (2 alpha + 1)), and a share s = min(b, 1
 * - b) has the same s (1 - s). */
static void test_shares(const char *alpha)
{
    enum { N = 20000 };
    char data[100];
    double sum = 0, a = atof(alpha), least = 1, most = 0;
    snprintf(data, sizeof data, "augment: [mixup: {alpha: %s}]", alpha);
    cg_model *model = parse(data);
    cg_augmenter *augmenter = augmenter_of(model);
    for (int64_t i = 0; i < N; i++) {
        double s = (double)cg_augmenter_share(augmenter, 3, i);
        sum += s * (1 - s) / N;
        least = fmin(least, s);
        most = larger(most, s);
    }
    double expected = a / (2 * (2 * a + 1));
    ok(least >= 0 && most <= 0.5 && fabs(sum - expected) < 0.004,
       "shares of alpha %s follow its Beta (%.4f, not %.4f)", alpha, sum, expected);
    cg_augmenter_free(augmenter);
    cg_model_free(model);
}

static void test_mixing(void)
{
    enum { N = 5 };
    static float x[N * PIXELS], y[N * PIXELS];
    cg_model *model = parse("augment: [mixup: {alpha: 1}]");
    cg_augmenter *a = augmenter_of(model);
    double worst = 0;
    for (int i = 0; i < N * PIXELS; i++) x[i] = y[i] = (float)(i * 7919 % 1009);
    cg_augmenter_mix(a, 11, N, y);
    for (int i = 0; i < N; i++) {
        double share = (double)cg_augmenter_share(a, 11, i);
        for (int k = 0; k < PIXELS; k++) {
            double own = (double)x[i * PIXELS + k], other = (double)x[(N - 1 - i) * PIXELS + k];
            worst =
                larger(worst, fabs((1 - share) * own + share * other - (double)y[i * PIXELS + k]));
        }
    }
    ok(worst < 1e-3, "each image is mixed with its partner by its share (%.1e)", worst);
    ok(cg_augmenter_share(a, 11, 0) != cg_augmenter_share(a, 12, 0), "steps differ");
    cg_augmenter_free(a);
    cg_model_free(model);
}

static void test_failures(void)
{
    cg_augmenter *a = NULL;
    cg_error error = { 0 };
    cg_model *model = parse("augment: [" ALL "]");
    const cg_spec *spec = cg_model_spec(model);
    cg_status status = CG_ENOMEM;
    const double mean = 0, std = 1;
    int64_t n = 0;
    for (; status == CG_ENOMEM && n < 100; n++) {
        cg_fail_allocation_after(n);
        status = cg_augmenter_new(&a, &spec->data, &spec->input, &mean, &std, &error);
        cg_fail_allocation_after(-1);
    }
    ok(status == CG_OK && n == 6, "each of %d allocations may fail: %s", (int)n - 1, error.message);
    cg_augmenter_free(a);
    cg_model_free(model);
}

int main(void)
{
    test_identity();
    test_whole_pixels();
    test_quarter_turns();
    test_composition();
    test_interpolation();
    test_flip();
    test_determinism();
    test_streams();
    test_noise();
    test_elastic();
    test_cutout();
    test_ranges();
    test_channels();
    test_shares("0.2");
    test_shares("1");
    test_shares("8");
    test_mixing();
    test_failures();
    return done_testing();
}
