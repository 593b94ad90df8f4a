/* Splits, batches, the drawn digits and, where it is on this machine, MNIST. */
#include <cnngraph/data.h>

#include "../tap.h"

#include "base/memory.h"
#include "data/dataset.h"
#include "data/scaling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static cg_dataset *load(const cg_data_spec *spec, const char **used)
{
    cg_dataset *set;
    cg_error error = { 0 };
    if (cg_dataset_load(&set, spec, used, &error) != CG_OK) printf("# %s\n", error.message);
    return set;
}

/* The digits' labels run 0, 1, ..., 9, 0, ...: what a split holds is known beforehand. */
static const cg_data_spec small = { .source = "digits", .digits = { 200, 50 }, .seed = 5 };

static void splits(void)
{
    static const int64_t classes[] = { 7, 3 };
    static const cg_split_spec all[] = {
        { .name = "few", .from = "train", .per_class = 4 },
        { .name = "slice", .from = "train", .slice = { 100, 150 } },
        { .name = "first", .from = "train", .fraction = 0.9 },
        { .name = "last", .from = "train", .fraction = -0.1 },
        { .name = "limit",
          .from = "test",
          .slice = { 10, 50 },
          .per_class = 3,
          .fraction = 0.5,
          .limit = 2 },
    };
    static const int64_t sizes[] = { 8, 10, 36, 4, 2 };
    cg_data_spec spec = small;
    spec.splits = all, spec.n_splits = 5, spec.classes = classes, spec.n_classes = 2;
    cg_dataset *set = load(&spec, NULL);
    if (!ok(set != NULL, "a set with five splits is loaded")) return;
    ok(cg_dataset_classes(set) == 2 && cg_dataset_splits(set) == 5, "two classes are kept");
    for (int i = 0; i < 5; i++)
        ok(cg_dataset_size(set, i) == sizes[i], "split '%s' holds %lld",
           cg_dataset_split_name(set, i), (long long)cg_dataset_size(set, i));
    ok(cg_dataset_label(set, 0, 0) == 1 && cg_dataset_label(set, 0, 1) == 0,
       "classes are renumbered in the order listed: 3 became 1, 7 became 0");
    ok(cg_dataset_split(set, "last") == 3 && cg_dataset_split(set, "none") == -1,
       "splits are found by name");

    /* Sample 36 of the whole comes first in the last tenth. */
    static float a[2 * 784], b[2 * 784], t[2];
    const int64_t order[] = { 1, 0 };
    cg_dataset_batch(set, 3, 2, order, a, t);
    cg_dataset_batch(set, 3, 2, NULL, b, t);
    ok(!memcmp(a, b + 784, 784 * sizeof *a) && !memcmp(a + 784, b, 784 * sizeof *a) &&
           memcmp(a, b, 784),
       "a batch follows its order");
    ok(t[0] == 1 && t[1] == 0, "and brings its labels");
    cg_dataset_free(set);
}

static void expect(cg_data_spec spec, const cg_split_spec *split, int line, const char *fragment)
{
    cg_dataset *set;
    cg_error error = { 0 };
    spec.splits = split, spec.n_splits = 1;
    spec.place = (cg_place){ "m.yaml", 3, 1 };
    ok(cg_dataset_load(&set, &spec, NULL, &error) == CG_EDATA && !set && error.line == line &&
           strstr(error.message, fragment),
       "\"%s\" is reported (%s)", fragment, error.message);
    cg_dataset_free(set);
}

static void mistakes(void)
{
    static const int64_t eleven[] = { 0, 11 }, twice[] = { 2, 2 };
    const cg_split_spec good = { .name = "a", .from = "train" };
    cg_split_spec s = good;
    s.place = (cg_place){ "m.yaml", 9, 2 };
    cg_data_spec spec = small;
    spec.classes = eleven, spec.n_classes = 2;
    expect(spec, &good, 3, "class 11 does not exist: there are 0..9");
    spec.classes = twice;
    expect(spec, &good, 3, "class 2 is listed twice");
    s.slice[0] = 150, s.slice[1] = 201;
    expect(small, &s, 9, "slice [150, 201] is not within the 200 samples");
    s.slice[0] = 20, s.slice[1] = 10;
    expect(small, &s, 9, "slice [20, 10]");
    s.slice[0] = 0, s.slice[1] = 0, s.fraction = 0.001;
    expect(small, &s, 9, "no samples are left");
    s.fraction = 1.5;
    expect(small, &s, 9, "fraction 1.5");
    s.fraction = 0, s.limit = -1;
    expect(small, &s, 9, "limit is -1");
    s.limit = 201;
    expect(small, &s, 9, "split 'a': limit is 201, but there are 200 images");
    s.limit = 151, s.fraction = 0.75;
    expect(small, &s, 9, "limit is 151, but there are 150 images");
    s.limit = 0, s.fraction = 0, s.per_class = 21;
    expect(small, &s, 9, "split 'a': per_class is 21, but class 0 has 20 images");
    s.per_class = 5, s.slice[1] = 48;
    expect(small, &s, 9, "per_class is 5, but class 8 has 4 images");
    s.per_class = 0, s.slice[1] = 0, s.from = "validation";
    expect(small, &s, 9, "there is no part 'validation'");
    spec = small, spec.source = "imagenet";
    expect(spec, &good, 3, "there is no data set 'imagenet'; there are mnist, ");
    spec = small, spec.digits[0] = -4;
    expect(spec, &good, 3, "-4 images");
}

static void digits(void)
{
    enum { N = 200 };
    static float x[N * 784], y[N * 784], t[N];
    cg_data_spec spec = small;
    cg_dataset *set = load(&small, NULL), *again = load(&small, NULL);
    spec.digits[0] = 400;
    cg_dataset *longer = load(&spec, NULL);
    spec.seed++;
    cg_dataset *other = load(&spec, NULL);
    if (!ok(set && again && longer && other, "digits are drawn")) return;

    cg_dataset_batch(set, 0, N, NULL, x, t);
    cg_dataset_batch(again, 0, N, NULL, y, t);
    ok(!memcmp(x, y, sizeof x), "one seed gives the same images");
    cg_dataset_batch(longer, 0, N, NULL, y, t);
    ok(!memcmp(x, y, sizeof x), "an image does not depend on how many are drawn");
    cg_dataset_batch(other, 0, N, NULL, y, t);
    int same = 0;
    for (int i = 0; i < N; i++) same += !memcmp(x + i * 784, y + i * 784, 784 * sizeof *x);
    ok(same == 0, "another seed gives other images");
    cg_dataset_batch(set, 1, 50, NULL, y, t);
    ok(memcmp(x, y, 50 * 784 * sizeof *x) != 0, "the parts hold different images");

    int count[10] = { 0 }, framed = 1, centred = 1, inked = 1;
    for (int i = 0; i < N; i++) {
        double mass = 0, mx = 0, my = 0;
        count[cg_dataset_label(set, 0, i)]++;
        for (int p = 0; p < 784; p++) {
            double v = x[i * 784 + p];
            mass += v, mx += v * (p % 28), my += v * (p / 28);
            framed &= v >= 0 && v <= 1;
        }
        centred &= fabs(mx / mass - 13.5) < 1.5 && fabs(my / mass - 13.5) < 1.5;
        inked &= mass > 10 && mass < 350;
    }
    int balanced = 1;
    for (int c = 0; c < 10; c++) balanced &= count[c] == N / 10;
    ok(balanced, "every digit is drawn equally often");
    ok(framed && centred && inked, "ink is in 0..1, centred by mass, neither absent nor a blot");
    cg_dataset_free(set), cg_dataset_free(again), cg_dataset_free(longer), cg_dataset_free(other);
}

static void values(void)
{
    static float x[784], y[784], t[1];
    cg_data_spec spec = small;
    cg_dataset *plain = load(&spec, NULL);
    spec.mean = 0.25, spec.std = 0.5;
    cg_dataset *scaled = load(&spec, NULL);
    cg_dataset_batch(plain, 0, 1, NULL, x, t);
    cg_dataset_batch(scaled, 0, 1, NULL, y, t);
    double worst = 0;
    for (int i = 0; i < 784; i++) {
        double off = fabs(y[i] - (x[i] - 0.25) / 0.5);
        if (off > worst) worst = off; /* fmax() here ends gcc 12 for aarch64 */
    }
    ok(worst < 1e-6, "values are (x - mean) / std");
    cg_dataset_free(plain), cg_dataset_free(scaled);
}

/* An autoencoder learns its own input, whatever the scale. */
static void target_is_input(void)
{
    static float x[2 * 784], t[2 * 784];
    const int64_t order[] = { 7, 3 };
    cg_data_spec spec = small;
    spec.target = CG_TARGET_INPUT, spec.mean = 0.5;
    cg_dataset *set = load(&spec, NULL);
    ok(set && cg_dataset_targets(set) == 784 && cg_dataset_label(set, 0, 7) == 7,
       "the input as target has as many values as an image, and labels stay");
    if (set) cg_dataset_batch(set, 0, 2, order, x, t);
    ok(set && !memcmp(x, t, sizeof x) && x[0] == -0.5, "a target is the image as it is fed");
    cg_dataset_free(set);
    set = load(&small, NULL);
    ok(set && cg_dataset_targets(set) == 0, "a class is no target");
    cg_dataset_free(set);
    spec.target = CG_TARGET_VALUES;
    expect(spec, &(cg_split_spec){ .name = "a", .from = "train" }, 3,
           "the part 'train' holds no target values");
}

static void mnist(void)
{
    cg_error error = { 0 };
    cg_dataset *set;
    const cg_data_spec spec = { .source = "mnist" };
    if (cg_dataset_load(&set, &spec, NULL, &error) != CG_OK) {
        skip("MNIST has the counts its authors publish", error.message);
    } else {
        int64_t ones = 0;
        for (int64_t i = 0; i < 10000; i++) ones += cg_dataset_label(set, 1, i) == 1;
        ok(cg_dataset_size(set, 0) == 60000 && cg_dataset_size(set, 1) == 10000 && ones == 1135 &&
               cg_dataset_label(set, 0, 0) == 5,
           "MNIST has the counts its authors publish");
        cg_dataset_free(set);
    }

    setenv("CNNGRAPH_DATA", "/nonexistent", 1);
    setenv("XDG_CACHE_HOME", "/nonexistent", 1);
    ok(cg_dataset_load(&set, &spec, NULL, &error) == CG_EDATA &&
           strstr(error.message, "'mnist' is not on this machine") &&
           strstr(error.message, "$CNNGRAPH_DATA/mnist or $XDG_CACHE_HOME/cnngraph/mnist") &&
           strstr(error.message, "'cnngraph data fetch mnist' gets it, 'fallback: digits'"),
       "where MNIST is absent, the folders that were searched are named, and the ways out");
    const cg_data_spec colour = { .source = "cifar10" };
    ok(cg_dataset_load(&set, &colour, NULL, &error) == CG_EDATA &&
           strstr(error.message, "'cnngraph data fetch cifar10' gets it") &&
           !strstr(error.message, "digits"),
       "digits are no way out for colour images");
    ok(!cg_dataset_is_here(&colour) && !cg_dataset_is_here(&spec) &&
           cg_dataset_is_here(&(cg_data_spec){ .source = "mnist", .fallback = "digits" }) &&
           cg_dataset_is_here(&(cg_data_spec){ .images = { "none", "none" } }),
       "a set is here where it or its fallback is, files of one's own always");
    const char *used = NULL;
    cg_data_spec fallback = small;
    fallback.source = "mnist", fallback.fallback = "digits";
    set = load(&fallback, &used);
    ok(set && used && !strcmp(used, "digits"), "the fallback takes its place, and says so");
    cg_dataset_free(set);
}

/* Every allocation fails once: an error, no leak (the sanitizers look), no crash. */
static void no_memory(void)
{
    static const int64_t classes[] = { 7, 3 };
    cg_data_spec spec = small;
    spec.classes = classes, spec.n_classes = 2;
    cg_status status = CG_ENOMEM;
    bool is_told = true;
    int n = 0;
    for (; status == CG_ENOMEM && n < 1000; n++) {
        cg_error error = { 0 };
        cg_dataset *set;
        cg_fail_allocation_after(n);
        status = cg_dataset_load(&set, &spec, NULL, &error);
        cg_fail_allocation_after(-1);
        is_told &= status == CG_OK ? set != NULL : !set && error.status == status;
        cg_dataset_free(set);
    }
    ok(status == CG_OK && n > 8 && is_told, "each of %d allocations of a set may fail", n - 1);
}

/* Whatever their value and however it is scaled, values that are all the same deviate by none. */
static void constants(void)
{
    enum { MOST = 77 };
    static uint8_t bytes[MOST];
    static float reals[MOST];
    static int64_t chosen[MOST];
    static const double scales[] = { 0, 1. / 255, 0.1, -0.3, 7 };
    int wrong = 0;
    for (int64_t i = 0; i < MOST; i++) chosen[i] = i;
    for (size_t k = 0; k < sizeof scales / sizeof *scales; k++)
        for (int v = 0; v < 256; v++)
            for (int n = 1; n <= MOST; n += 19)
                for (int is_bytes = 0; is_bytes < 2; is_bytes++) {
                    const cg_data_spec spec = { .scale = scales[k] };
                    cg_samples samples = { .n = MOST, .shape = CG_SHAPE(1) };
                    cg_scaling s;
                    for (int i = 0; i < MOST; i++) bytes[i] = (uint8_t)v;
                    for (int i = 0; i < MOST; i++) reals[i] = 0.7F + (float)v;
                    if (is_bytes)
                        samples.images = bytes;
                    else
                        samples.values = reals;
                    if (cg_scaling_new(&s, &spec, &samples.shape, is_bytes, NULL) != CG_OK) abort();
                    cg_scaling_measure(&s, &samples, n, chosen);
                    wrong += s.std[0] != 1;
                    cg_scaling_free(&s);
                }
    ok(wrong == 0, "equal values have no deviation: %d are said to have one", wrong);
}

int main(void)
{
    no_memory();
    constants();
    splits();
    mistakes();
    digits();
    values();
    target_is_input();
    mnist();
    return done_testing();
}
