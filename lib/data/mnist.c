/* The sources "mnist", 60,000 and 10,000 handwritten digits of 28 x 28 (LeCun, Cortes, Burges
 * 1998), and "fashion-mnist", as many pieces of clothing (Xiao, Rasul, Vollgraf 2017), under the
 * names they were published with, plain or gzipped, in $CNNGRAPH_DATA or the user's cache. */
#include "data/idx.h"

#include "base/error.h"

enum { CLASSES = 10, SIDE = 28 };

static const char *const images[CG_N_PARTS] = { "train-images-idx3-ubyte",
                                                "t10k-images-idx3-ubyte" };
static const char *const labels[CG_N_PARTS] = { "train-labels-idx1-ubyte",
                                                "t10k-labels-idx1-ubyte" };

static bool has(const char *set, int part, char where[256])
{
    char path[CG_SOURCE_PATH];
    cg_published_where(set, images[part], true, where);
    return cg_published_find(set, images[part], true, path);
}

static cg_status load(cg_samples *samples, const char *set, int part, cg_error *error)
{
    char x[CG_SOURCE_PATH], t[CG_SOURCE_PATH];
    bool has_images = cg_published_find(set, images[part], true, x);
    if (!has_images || !cg_published_find(set, labels[part], true, t))
        return cg_fail(error, CG_EDATA, "%s: %s[.gz] is missing beside %s", set,
                       has_images ? labels[part] : images[part], has_images ? x : labels[part]);
    CG_TRY(cg_idx_load(samples, x, t, error));
    if (!cg_shape_equal(&samples->shape, &CG_SHAPE(1, SIDE, SIDE))) {
        char text[CG_SHAPE_TEXT];
        return cg_fail(error, CG_EDATA, "%s: images of %s, expected 1x28x28", x,
                       cg_shape_text(&samples->shape, text));
    }
    if (samples->n_classes > CLASSES)
        return cg_fail(error, CG_EDATA, "%s: a label is %d, expected 0..9", t,
                       samples->n_classes - 1);
    samples->n_classes = CLASSES;
    return CG_OK;
}

static bool has_digits(const cg_data_spec *spec, int part, char where[256])
{
    (void)spec;
    return has("mnist", part, where);
}

static cg_status load_digits(cg_samples *samples, const cg_data_spec *spec, int part,
                             cg_error *error)
{
    (void)spec;
    return load(samples, "mnist", part, error);
}

static bool has_clothes(const cg_data_spec *spec, int part, char where[256])
{
    (void)spec;
    return has("fashion-mnist", part, where);
}

static cg_status load_clothes(cg_samples *samples, const cg_data_spec *spec, int part,
                              cg_error *error)
{
    (void)spec;
    return load(samples, "fashion-mnist", part, error);
}

const cg_source cg_source_mnist = {
    .kind = { .name = "mnist",
              .help = "handwritten digits, 60000 and 10000 of 28x28, from $CNNGRAPH_DATA/mnist or "
                      "the cache",
              .shape = CG_DIMS(1, SIDE, SIDE),
              .n_classes = CLASSES },
    .has = has_digits,
    .load = load_digits,
};

static const char *const clothes[] = { "T-shirt/top", "Trouser",    "Pullover", "Dress",
                                       "Coat",        "Sandal",     "Shirt",    "Sneaker",
                                       "Bag",         "Ankle boot", NULL };

const cg_source cg_source_fashion_mnist = {
    .kind = { .name = "fashion-mnist",
              .help = "pieces of clothing, 60000 and 10000 of 28x28, likewise",
              .shape = CG_DIMS(1, SIDE, SIDE),
              .n_classes = CLASSES,
              .class_names = clothes },
    .has = has_clothes,
    .load = load_clothes,
};
