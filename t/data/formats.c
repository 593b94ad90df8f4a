/* Every format holds the same few samples, written here by hand: what is read is what was written.
 */
#include "config.h"

#include <cnngraph/data.h>

#include "../tap.h"

#include "base/memory.h"
#include "data/npy.h"
#include "data/write.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef HAVE_ZIP
#include <zip.h>
#endif
#ifdef HAVE_JPEG
#include <jpeglib.h>
#endif

static char folder[] = "/tmp/cnngraph-formats-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(path_of(name), "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) abort();
}

/* An array as NumPy would save it; returns its size. */
static size_t npy(char bytes[4096], const char *descr, cg_shape shape, const void *data,
                  size_t size)
{
    char header[CG_NPY_HEADER];
    size_t n = (size_t)cg_npy_header(header, descr, &shape);
    memcpy(bytes, header, n);
    memcpy(bytes + n, data, size);
    return n + size;
}

static void put_npy(const char *name, const char *descr, cg_shape shape, const void *data,
                    size_t size)
{
    char bytes[4096];
    put(name, bytes, npy(bytes, descr, shape, data, size));
}

static cg_dataset *load(cg_data_spec spec)
{
    const cg_split_spec split = { .name = "train", .from = "train" };
    cg_dataset *set;
    cg_error error = { 0 };
    spec.splits = &split, spec.n_splits = 1, spec.base = folder;
    if (cg_dataset_load(&set, &spec, NULL, &error) != CG_OK) printf("# %s\n", error.message);
    return set;
}

/* Whether the set has this shape, these n values of all its samples, and these labels or targets.
 */
static bool holds(const cg_dataset *set, cg_shape shape, const float *x, const float *t)
{
    float found[256] = { 0 }, learnt[64] = { 0 };
    if (!set) return false;
    cg_shape has = cg_dataset_shape(set);
    int64_t n = cg_dataset_size(set, 0), k = cg_dataset_targets(set) ? cg_dataset_targets(set) : 1;
    cg_dataset_batch(set, 0, n, NULL, found, learnt);
    return cg_shape_equal(&has, &shape) &&
           !memcmp(found, x, (size_t)(n * cg_shape_size(&has)) * sizeof *x) &&
           !memcmp(learnt, t, (size_t)(n * k) * sizeof *t);
}

static const cg_shape two_by_three = CG_DIMS(1, 2, 3);
static const uint8_t bytes_12[12] = { 0, 1, 2, 3, 4, 5, 255, 254, 253, 252, 251, 250 };
static const float real_12[12] = { 0, 1, 2, 3, 4, 5, 255, 254, 253, 252, 251, 250 };
static const float labels_01[2] = { 0, 1 };

/* ---- NPY ----------------------------------------------------------------------------------- */
static void npy_types(void)
{
    static const struct {
        const char *name, *descr;
        const char *bytes; /* -2 and 3, or 254 and 3 where there is no sign */
        size_t size;
        float first;
    } types[] = {
        { "i1", "|i1", "\376\3", 2, -2 },
        { "u1", "|u1", "\376\3", 2, 254 },
        { "i2", "<i2", "\376\377\3\0", 4, -2 },
        { "big i2", ">i2", "\377\376\0\3", 4, -2 },
        { "u2", "<u2", "\376\0\3\0", 4, 254 },
        { "i8", "<i8", "\376\377\377\377\377\377\377\377\3\0\0\0\0\0\0\0", 16, -2 },
        { "f4", "<f4", "\0\0\0\300\0\0\100\100", 8, -2 },
        { "big f4", ">f4", "\300\0\0\0\100\100\0\0", 8, -2 },
        { "f8", "<f8", "\0\0\0\0\0\0\0\300\0\0\0\0\0\0\10\100", 16, -2 },
    };
    put_npy("y.npy", "|u1", CG_SHAPE(2), "\0\1", 2);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        put_npy("x.npy", types[i].descr, CG_SHAPE(2, 1), types[i].bytes, types[i].size);
        cg_dataset *set = load((cg_data_spec){
            .format = "npy", .images = { "x.npy" }, .labels = { "y.npy" }, .scale = 1 });
        ok(holds(set, CG_SHAPE(1), (float[]){ types[i].first, 3 }, labels_01),
           "an NPY array of %s is read", types[i].name);
        cg_dataset_free(set);
    }
}

static void npy_shapes(void)
{
    const cg_data_spec spec = {
        .format = "npy", .images = { "x.npy" }, .labels = { "y.npy" }, .scale = 1
    };
    put_npy("x.npy", "|u1", CG_SHAPE(2, 2, 3), bytes_12, 12);
    cg_dataset *set = load(spec);
    ok(holds(set, two_by_three, real_12, labels_01), "N H W is N 1 H W");
    cg_dataset_free(set);

    cg_data_spec flat = spec;
    flat.shape = two_by_three;
    put_npy("x.npy", "|u1", CG_SHAPE(2, 6), bytes_12, 12);
    set = load(flat);
    ok(holds(set, two_by_three, real_12, labels_01), "rows get the shape that the model takes");
    cg_dataset_free(set);

    /* One sample of 1 x 2 pixels and 3 channels behind them. */
    cg_data_spec turned = spec;
    turned.shape = CG_SHAPE(3, 1, 2);
    put_npy("x.npy", "|u1", CG_SHAPE(2, 1, 2, 3), bytes_12, 12);
    static const float by_channel[12] = { 0, 3, 1, 4, 2, 5, 255, 252, 254, 251, 253, 250 };
    set = load(turned);
    ok(holds(set, turned.shape, by_channel, labels_01), "channels that come last are put first");
    cg_dataset_free(set);

    cg_data_spec values = spec;
    values.target = CG_TARGET_VALUES;
    put_npy("x.npy", "|u1", CG_SHAPE(2, 2, 3), bytes_12, 12);
    put_npy("y.npy", "<f4", CG_SHAPE(2, 2), "\0\0\0\x3f\0\0\x80\xbf\0\0\0\x40\x18\x0d\x8f\x4d", 16);
    set = load(values);
    ok(set && cg_dataset_targets(set) == 2 &&
           holds(set, two_by_three, real_12, (float[]){ 0.5f, -1, 2, 3e8f }),
       "target values may have several columns");
    cg_dataset_free(set);
}

/* ---- NPZ ----------------------------------------------------------------------------------- */
#ifdef HAVE_ZIP
static void add_array(zip_t *zip, const char *name, const char *descr, cg_shape shape,
                      const void *data, size_t size)
{
    char *bytes = malloc(4096);
    size_t n = bytes ? npy(bytes, descr, shape, data, size) : 0;
    zip_source_t *source = zip_source_buffer(zip, bytes, n, 1);
    if (!source || zip_file_add(zip, name, source, 0) < 0) abort();
}

static void npz(void)
{
    int code;
    zip_t *zip = zip_open(path_of("both.npz"), ZIP_CREATE, &code);
    if (!zip) abort();
    add_array(zip, "x_train.npy", "|u1", CG_SHAPE(2, 2, 3), bytes_12, 12);
    add_array(zip, "y_train.npy", "|u1", CG_SHAPE(2), "\0\1", 2);
    add_array(zip, "x_test.npy", "|u1", CG_SHAPE(1, 2, 3), bytes_12 + 6, 6);
    add_array(zip, "y_test.npy", "|u1", CG_SHAPE(1), "\1", 1);
    if (zip_close(zip) != 0) abort();
    cg_data_spec spec = { .format = "npz", .images = { "both.npz" }, .scale = 1 };
    cg_dataset *set = load(spec);
    ok(holds(set, two_by_three, real_12, labels_01), "an NPZ archive has x_train and y_train");
    cg_dataset_free(set);
    const cg_split_spec test = { .name = "t", .from = "test" };
    cg_error error = { 0 };
    spec.images[1] = "both.npz", spec.splits = &test, spec.n_splits = 1, spec.base = folder;
    ok(cg_dataset_load(&set, &spec, NULL, &error) == CG_OK &&
           holds(set, two_by_three, real_12 + 6, labels_01 + 1),
       "and x_test and y_test %s", error.message);
    cg_dataset_free(set);
}
#else
static void npz(void)
{
    skip("NPZ archives are read", "built without libzip");
}
#endif

/* ---- CSV ----------------------------------------------------------------------------------- */
static cg_dataset *load_csv(const char *text, cg_csv_spec csv, cg_target target, cg_shape shape)
{
    put("a.csv", text, strlen(text));
    return load((cg_data_spec){
        .format = "csv", .images = { "a.csv" }, .csv = csv, .target = target, .shape = shape });
}

static void csv(void)
{
    static const char *const last[] = { "-1" }, *const species[] = { "species" },
                             *const two[] = { "b", "0" }, *const id[] = { "id" };
    const cg_csv_spec by_number = { .label = last, .n_labels = 1 };
    cg_dataset *set = load_csv("1,2.5,1\n-3,4e1,0\n", by_number, CG_TARGET_CLASS, (cg_shape){ 0 });
    ok(holds(set, CG_SHAPE(2), (float[]){ 1, 2.5f, -3, 40 }, (float[]){ 1, 0 }),
       "rows of numbers, the last of them the label");
    cg_dataset_free(set);

    const cg_csv_spec by_name = {
        .label = species, .n_labels = 1, .ignore = id, .n_ignored = 1, .separator = ';'
    };
    set = load_csv("\xef\xbb\xbfid;w;\"species\";h\r\n"
                   "a;1; \"b \"\"x\"\"; y\" ;2\r\n\r\n"
                   "b;3;a;4",
                   by_name, CG_TARGET_CLASS, CG_SHAPE(2, 1));
    ok(holds(set, CG_SHAPE(2, 1), (float[]){ 1, 2, 3, 4 }, (float[]){ 1, 0 }),
       "a header, quotes, an ignored column, labels that are names");
    ok(set && !strcmp(cg_dataset_class_name(set, 1), "b \"x\"; y") &&
           !strcmp(cg_dataset_class_name(set, 0), "a"),
       "classes are numbered in the order of their names");
    cg_dataset_free(set);

    const cg_csv_spec targets = { .label = two, .n_labels = 2 };
    set = load_csv("a,b,c\n1,2,3\n4,5,6\n", targets, CG_TARGET_VALUES, (cg_shape){ 0 });
    ok(holds(set, CG_SHAPE(1), (float[]){ 3, 6 }, (float[]){ 2, 1, 5, 4 }),
       "several columns of target values, in the order in which they are named");
    cg_dataset_free(set);
}

static void csv_in_german(void)
{
    char text[64] = "";
    cg_error error = { 0 };
    float values[] = { 0.5f, -1.25f };
    const cg_samples samples = { .n = 2, .shape = CG_SHAPE(1), .values = values };
    if (!setlocale(LC_ALL, "de_DE.UTF-8")) {
        skip("a table has points in a German locale", "it is not installed");
        return;
    }
    cg_status status = cg_samples_write(&samples, path_of("german.csv"), &error);
    setlocale(LC_ALL, "C");
    FILE *file = fopen(path_of("german.csv"), "rb");
    size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file) fclose(file);
    ok(status == CG_OK && n == 13 && !strcmp(text, "x0\n0.5\n-1.25\n"),
       "a table has points in a German locale %s", error.message);
}

/* Names mean the same class in both parts, whatever the part lacks. */
static void names_agree(void)
{
    static const char *const label[] = { "c" };
    static const char train[] = "x,c\n1,cat\n2,dog\n3,eel\n", test[] = "x,c\n4,eel\n",
                      two[] = "x,c\n4,cat\n5,dog\n", other[] = "x,c\n4,fox\n";
    cg_data_spec spec = { .format = "csv",
                          .images = { "tr.csv", "te.csv" },
                          .base = folder,
                          .csv = { .label = label, .n_labels = 1 } };
    cg_dataset *set;
    cg_error error = { 0 };
    put("tr.csv", train, strlen(train));
    put("te.csv", test, strlen(test));
    ok(cg_dataset_load(&set, &spec, NULL, &error) == CG_OK && cg_dataset_label(set, 1, 0) == 2 &&
           !strcmp(cg_dataset_class_name(set, 2), "eel"),
       "a name is the same class in train and test %s", error.message);
    cg_dataset_free(set);
    const cg_split_spec each[] = { { .name = "train", .from = "train" },
                                   { .name = "t", .from = "test", .per_class = 1 } };
    spec.splits = each, spec.n_splits = 2, spec.classes = (int64_t[]){ 1, 2 }, spec.n_classes = 2;
    put("te.csv", two, strlen(two));
    ok(cg_dataset_load(&set, &spec, NULL, &error) == CG_EDATA &&
           strstr(error.message, "per_class is 1, but class 2 has 0"),
       "as many of each class are asked for as training knows (%s)", error.message);
    cg_dataset_free(set);
    spec.splits = NULL, spec.classes = NULL;
    put("te.csv", other, strlen(other));
    ok(cg_dataset_load(&set, &spec, NULL, &error) == CG_EDATA &&
           strstr(error.message, "class 'fox' of 'test' is none of the 3 of 'train'"),
       "one that training does not know is told (%s)", error.message);
    cg_dataset_free(set);
}

/* ---- folders of images ---------------------------------------------------------------------- */
/* Images come mixed: each of the n, of 6 pixels, is somewhere, with its label. */
static bool holds_all(const cg_dataset *set, int n, const float x[])
{
    bool is_there[8] = { false };
    if (!set || cg_dataset_size(set, 0) != n) return false;
    for (int64_t i = 0; i < n; i++) {
        float image[6], label;
        cg_dataset_batch(set, 0, 1, &i, image, &label);
        int k = (int)label;
        if (k < 0 || k >= n || is_there[k] || memcmp(image, x + 6 * k, sizeof image)) return false;
        is_there[k] = true;
    }
    return true;
}

/* What is cut off the beginning or the end has both classes. */
static void folder_is_mixed(void)
{
    char name[32];
    if (mkdir(path_of("two"), 0777) || mkdir(path_of("two/a"), 0777) ||
        mkdir(path_of("two/b"), 0777))
        abort();
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "two/%c/%d.pgm", i % 2 ? 'a' : 'b', i);
        put(name, "P5 3 2 255\n\0\1\2\3\4\5", 17);
    }
    cg_dataset *set = load((cg_data_spec){ .format = "folder", .images = { "two" }, .scale = 1 });
    int first = 0, last = 0;
    for (int64_t i = 0; set && i < 10; i++) {
        first += cg_dataset_label(set, 0, i);
        last += cg_dataset_label(set, 0, 30 + i);
    }
    ok(first > 0 && first < 10 && last > 0 && last < 10,
       "the first ten images of two classes, and the last, are of both");
    cg_dataset_free(set);
}

static void folders(void)
{
    if (mkdir(path_of("set"), 0777) || mkdir(path_of("set/b"), 0777) ||
        mkdir(path_of("set/a10"), 0777) || mkdir(path_of("set/a9"), 0777))
        abort();
    put("set/b/1.pgm", "P5 3 2 255\n\0\1\2\3\4\5", 17);
    put("set/a10/z.pgm", "P5 3 2 255\n\377\376\375\374\373\372", 17);
    put("set/a9/1.pgm", "P5 3 2 255\n\0\0\0\0\0\0", 17);
    put("set/.hidden", "", 0);
    cg_dataset *set = load((cg_data_spec){ .format = "folder", .images = { "set" }, .scale = 1 });
    static const float x[18] = { 255, 254, 253, 252, 251, 250, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5 };
    ok(holds_all(set, 3, x), "a folder for each class, in the order of the bytes of their names");
    ok(set && !strcmp(cg_dataset_class_name(set, 0), "a10"), "which are the classes' names");
    cg_dataset_free(set);
    set = load((cg_data_spec){
        .format = "folder", .images = { "set" }, .scale = 1, .shape = CG_SHAPE(3, 2, 3) });
    cg_shape shape = set ? cg_dataset_shape(set) : (cg_shape){ 0 };
    ok(shape.dim[0] == 3, "grey images serve a model of three channels");
    cg_dataset_free(set);
}

#ifdef HAVE_JPEG
/* A plane of one grey, which the transform keeps to the last bit or nearly. */
static void put_jpeg(const char *name, uint8_t grey, bool is_progressive)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    uint8_t row[8];
    JSAMPROW rows[] = { row };
    FILE *file = fopen(path_of(name), "wb");
    if (!file) abort();
    memset(row, grey, sizeof row);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = jpeg.image_height = 8;
    jpeg.input_components = 1;
    jpeg.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 100, TRUE);
    if (is_progressive) jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < jpeg.image_height) jpeg_write_scanlines(&jpeg, rows, 1);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    fclose(file);
}

/* A progressive image, which libjpeg keeps whole, of a header that claims 8 GB of coefficients. */
static void jpeg_that_claims(void)
{
    char bytes[4096];
    cg_tensor *image = NULL;
    cg_error error = { 0 };
    put_jpeg("claim.jpg", 200, true);
    FILE *file = fopen(path_of("claim.jpg"), "rb");
    size_t n = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (!file || fclose(file) != 0) abort();
    char *frame = memmem(bytes, n, "\xff\xc2", 2); /* then length, precision, height, width */
    if (!frame) abort();
    memcpy(frame + 5, "\xff\xdc\xff\xdc", 4);
    put("claim.jpg", bytes, n);
    ok(cg_image_load(&image, path_of("claim.jpg"), &CG_SHAPE(1, 8, 8), NULL, &error) == CG_EDATA &&
           strstr(error.message, "65500 x 65500 pixels are not within 1..16384"),
       "one that claims gigabytes is refused by its header (%s)", error.message);
}

static void jpeg(void)
{
    cg_tensor *image = NULL;
    cg_error error = { 0 };
    put_jpeg("grey.jpg", 200, false);
    bool is_read =
        cg_image_load(&image, path_of("grey.jpg"), &CG_SHAPE(1, 8, 8), NULL, &error) == CG_OK;
    double worst = 0;
    for (int i = 0; is_read && i < 64; i++)
        worst = fmax(worst, fabs((double)cg_tensor_f32(image)[i] - 200 / 255.));
    ok(is_read && worst < 1.5 / 255, "a JPEG image is read, to %.4f %s", worst, error.message);
    cg_tensor_free(image);

    char bytes[4096];
    FILE *file = fopen(path_of("grey.jpg"), "rb");
    size_t n = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (!file || fclose(file) != 0) abort();
    put("cut.jpg", bytes, n - 6);
    ok(cg_image_load(&image, path_of("cut.jpg"), &CG_SHAPE(1, 8, 8), NULL, &error) == CG_EDATA &&
           strstr(error.message, "cut.jpg: "),
       "one that is cut short is refused (%s)", error.message);
    put("header.jpg", bytes, 20);
    ok(cg_image_load(&image, path_of("header.jpg"), &CG_SHAPE(1, 8, 8), NULL, &error) == CG_EDATA,
       "so is one that is nothing but a beginning (%s)", error.message);
    jpeg_that_claims();
}
#else
static void jpeg(void)
{
    skip("JPEG images are read", "built without libjpeg");
}
#endif

/* ---- CIFAR --------------------------------------------------------------------------------- */
static void cifar(void)
{
    enum { IMAGE = 3072 };
    static uint8_t ten[2 * (1 + IMAGE)], hundred[2 + IMAGE];
    static float x[2 * IMAGE], t[2];
    ten[0] = 7, ten[1] = 51, ten[1 + IMAGE] = 9, ten[1 + IMAGE + IMAGE] = 255;
    hundred[0] = 3, hundred[1] = 99;
    put("ten.bin", ten, sizeof ten);
    put("hundred.bin", hundred, sizeof hundred);
    cg_dataset *set = load((cg_data_spec){ .format = "cifar10", .images = { "ten.bin" } });
    if (set) cg_dataset_batch(set, 0, 2, NULL, x, t);
    ok(set && cg_dataset_size(set, 0) == 2 && t[0] == 7 && t[1] == 9 && x[0] == 0.2f &&
           x[2 * IMAGE - 1] == 1 && cg_dataset_classes(set) == 10,
       "CIFAR-10 is a label and the planes of red, green and blue");
    ok(set && !strcmp(cg_dataset_class_name(set, 7), "horse"), "its classes have names");
    cg_dataset_free(set);
    set = load((cg_data_spec){ .format = "cifar100", .images = { "hundred.bin" } });
    ok(set && cg_dataset_label(set, 0, 0) == 99 && cg_dataset_classes(set) == 100,
       "CIFAR-100 has a coarse label and a fine one, which counts");
    cg_dataset_free(set);
}

/* ---- normalization ------------------------------------------------------------------------- */
static void normalization(void)
{
    static const char *const last[] = { "-1" };
    static const char text[] = "1,5,0\n2,5,1\n3,5,0\n6,5,1\n100,7,1\n";
    const cg_split_spec splits[] = { { .name = "train", .from = "train", .slice = { 0, 4 } },
                                     { .name = "rest", .from = "train", .slice = { 4, 5 } } };
    put("n.csv", text, strlen(text));
    const cg_data_spec spec = { .format = "csv",
                                .images = { "n.csv" },
                                .base = folder,
                                .csv = { .label = last, .n_labels = 1 },
                                .normalize_auto = true,
                                .splits = splits,
                                .n_splits = 2 };
    cg_dataset *set;
    cg_error error = { 0 };
    const double *mean = NULL, *std = NULL;
    float x[2], t[1];
    if (!ok(cg_dataset_load(&set, &spec, NULL, &error) == CG_OK, "a set is normalized by itself"))
        return;
    int64_t n = cg_dataset_normalization(set, &mean, &std);
    ok(n == 2 && mean[0] == 3 && fabs(std[0] - sqrt(3.5)) < 1e-15,
       "by mean and standard deviation of the training split alone");
    ok(mean[1] == 5 && std[1] == 1, "a column that is constant is only moved");
    cg_dataset_batch(set, 1, 1, NULL, x, t);
    ok(x[0] == (float)(97 / sqrt(3.5)) && x[1] == 2, "and other splits are by the same");
    cg_dataset_free(set);

    const cg_data_spec drawn = { .source = "digits", .digits = { 50, 10 }, .normalize_auto = true };
    static float images[50 * 784], labels[50];
    if (!ok(cg_dataset_load(&set, &drawn, NULL, &error) == CG_OK, "images likewise")) return;
    cg_dataset_batch(set, 0, 50, NULL, images, labels);
    double sum = 0, squares = 0;
    for (int i = 0; i < 50 * 784; i++) sum += (double)images[i];
    for (int i = 0; i < 50 * 784; i++) squares += (double)images[i] * (double)images[i];
    ok(fabs(sum / (50 * 784)) < 1e-6 && fabs(squares / (50 * 784) - 1) < 1e-6,
       "their mean becomes 0 and their variance 1");
    cg_dataset_free(set);
}

int main(void)
{
    if (!mkdtemp(folder)) abort();
    npy_types();
    npy_shapes();
    npz();
    csv();
    csv_in_german();
    names_agree();
    folders();
    folder_is_mixed();
    jpeg();
    cifar();
    normalization();
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return done_testing() | (system(command) != 0);
}
