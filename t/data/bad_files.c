/* Damaged files, made here in a temporary folder: each is an error that says what is wrong. */
#include "config.h"

#include "data/dataset.h"

#include "../tap.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static char folder[] = "/tmp/cnngraph-bad-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(path_of(name), "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) abort();
}

/* Two images of 2 x 3 and two labels, whole. */
#define HEAD   "\0\0\10\3\0\0\0\2\0\0\0\2\0\0\0\3"
#define GOOD   HEAD "abcdefABCDEF"
#define LABELS "\0\0\10\1\0\0\0\2\0\1"

/* The size of a literal with its zero bytes, without the last. */
#define BYTES(text) text, sizeof(text) - 1

static cg_status load(const char *images, const char *labels, cg_error *error)
{
    cg_dataset *set;
    const cg_split_spec split = { .name = "train", .from = "train" };
    const cg_data_spec spec = { .images = { images },
                                .labels = { labels },
                                .base = folder,
                                .splits = &split,
                                .n_splits = 1,
                                .place = { "m.yaml", 3, 5 } };
    cg_status status = cg_dataset_load(&set, &spec, NULL, error);
    cg_dataset_free(set);
    return status;
}

/* Images are read while the caller goes on: what is wrong with them is told when they are awaited.
 * What lies behind the last that a split asks for is not read. */
static void late_images(void)
{
    cg_dataset *set = NULL;
    cg_error error = { 0 };
    float x[12] = { 0 }, label[2];
    cg_split_spec split = { .name = "train", .from = "train" };
    const cg_data_spec spec = { .images = { "truncated" },
                                .labels = { "labels" },
                                .base = folder,
                                .splits = &split,
                                .n_splits = 1,
                                .place = { "m.yaml", 3, 5 } };
    ok(cg_dataset_open(&set, &spec, NULL, &error) == CG_OK && cg_dataset_size(set, 0) == 2 &&
           cg_dataset_label(set, 0, 1) == 1,
       "a set is open, with its labels, before its images are read %s", error.message);
    for (int i = 0; i < 2; i++) {
        error = (cg_error){ 0 };
        ok(cg_dataset_await(set, 0, &error) == CG_EDATA &&
               strstr(error.message, "11 bytes of data") && error.line == 3,
           "whoever awaits them is told%s: %s", i ? " again" : "", error.message);
    }
    cg_dataset_free(set);
    split.limit = 1;
    ok(cg_dataset_open(&set, &spec, NULL, &error) == CG_OK &&
           cg_dataset_await(set, 0, &error) == CG_OK,
       "one image can be had of a file that is cut in its second");
    cg_dataset_batch(set, 0, 1, NULL, x, label);
    ok(x[0] == (float)('a' / 255.) && x[5] == (float)('f' / 255.) && label[0] == 0,
       "and is what the file holds");
    cg_dataset_free(set);
}

static void expect(const char *images, const char *labels, const char *file, const char *fragment)
{
    cg_error error = { 0 };
    cg_status status = load(images, labels, &error);
    ok(status == CG_EDATA && error.status == CG_EDATA && strstr(error.message, fragment) &&
           strstr(error.message, file) && !strcmp(error.file, "m.yaml") && error.line == 3,
       "%s: \"%s\" is reported (%s)", file, fragment, error.message);
}

static void bad_images(void)
{
    static const struct {
        const char *name, *bytes;
        size_t size;
        const char *fragment;
    } bad[] = {
        { "empty", BYTES(""), "the file is empty" },
        { "short-magic", BYTES("\0\0\10"), "not an IDX file" },
        { "bad-magic", BYTES("GIF89a, surely"), "not an IDX file: it begins with 47 49 46 38" },
        { "floats", BYTES("\0\0\15\3\0\0\0\1"), "element type 0x0d, expected 0x08" },
        { "rank-1", BYTES("\0\0\10\1\0\0\0\2ab"), "1 dimensions, expected 3 or 4" },
        { "rank-255", BYTES("\0\0\10\377\0\0\0\2ab"), "255 dimensions" },
        { "cut-header", BYTES("\0\0\10\3\0\0\0\2\0\0"), "ends within its header" },
        { "no-images", BYTES("\0\0\10\3\0\0\0\0\0\0\0\2\0\0\0\3"), "dimension 0 is 0" },
        { "zero-width", BYTES("\0\0\10\3\0\0\0\2\0\0\0\2\0\0\0\0"), "dimension 2 is 0" },
        { "huge-side", BYTES("\0\0\10\3\0\0\0\2\377\377\377\377\0\0\0\3"),
          "dimension 1 is 4294967295" },
        { "huge-all", BYTES("\0\0\10\3\377\377\377\377\0\0\020\0\0\0\020\0"),
          "expected a smaller" },
        { "huge-claim", BYTES("\0\0\10\3\0\0\0\2\0\0\20\0\0\0\20\0abc"),
          "3 bytes of data, its header promises 33554432" },
        { "truncated", BYTES(HEAD "abcdefABCDE"), "11 bytes of data, its header promises 12" },
        { "trailing", BYTES(GOOD "!"), "bytes follow the 12 that its header promises" },
    };
    put("labels", BYTES(LABELS));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put(bad[i].name, bad[i].bytes, bad[i].size);
        expect(bad[i].name, "labels", bad[i].name, bad[i].fragment);
    }
    expect("absent", "labels", "absent", "No such file");
    expect(".", "labels", "/.", "a folder");
    expect("good", NULL, "labels file", "part 'train'");
}

static void bad_labels(void)
{
    put("good", BYTES(GOOD));
    put("three", BYTES("\0\0\10\1\0\0\0\3\0\1\2"));
    expect("good", "three", "three", "2 images");
    expect("good", "good", "good", "3 dimensions, expected 1 (labels)");
    put("cut-labels", BYTES("\0\0\10\1\0\0\0\2\0"));
    expect("good", "cut-labels", "cut-labels", "1 bytes of data");
}

static void bad_gzip(void)
{
    char whole[256] = "", name[128];
    snprintf(name, sizeof name, "%s", path_of("good.gz"));
    gzFile zip = gzopen(name, "wb");
    if (!zip || gzwrite(zip, BYTES(GOOD)) == 0 || gzclose(zip) != Z_OK) abort();
    FILE *file = fopen(name, "rb");
    size_t size = file ? fread(whole, 1, sizeof whole, file) : 0;
    if (!file || fclose(file) != 0 || size < 30) abort();

    cg_error error = { 0 };
    ok(load("good.gz", "labels", &error) == CG_OK, "a whole gzip file is read (%s)", error.message);
    put("cut.gz", whole, size - 12);
    expect("cut.gz", "labels", "cut.gz", "end too early");
    put("cut-checksum.gz", whole, size - 3);
    expect("cut-checksum.gz", "labels", "cut-checksum.gz", "end too early");
    whole[size - 6] ^= 1;
    put("checksum.gz", whole, size);
    expect("checksum.gz", "labels", "checksum.gz", "incorrect data check");
    whole[12] ^= 0x55;
    put("flipped.gz", whole, size);
    expect("flipped.gz", "labels", "flipped.gz", "flipped.gz: ");
}

static void expect_image(const char *name, const char *bytes, size_t size, cg_status status,
                         const char *fragment)
{
    cg_tensor *image;
    cg_error error = { 0 };
    put(name, bytes, size);
    ok(cg_image_load(&image, path_of(name), &CG_SHAPE(1, 2, 3), NULL, &error) == status && !image &&
           strstr(error.message, fragment),
       "%s: \"%s\" is reported (%s)", name, fragment, error.message);
    cg_tensor_free(image);
}

static void bad_pictures(void)
{
    expect_image("empty.pgm", BYTES(""), CG_EDATA, "empty");
    expect_image("text.pgm", BYTES("hello"), CG_EDATA, "neither PGM (P2, P5), PNG nor JPEG");
    expect_image("no-sides.pgm", BYTES("P5\n"), CG_EDATA, "not a PGM header");
    expect_image("no-most.pgm", BYTES("P5 3 2"), CG_EDATA, "not a PGM header");
    expect_image("zero-most.pgm", BYTES("P5 3 2 0\nabcdef"), CG_EDATA, "not a PGM header");
    expect_image("wide.pgm", BYTES("P5 65535 65535 255\nabc"), CG_EDATA, "not within 1..16384");
    expect_image("zero.pgm", BYTES("P5 0 2 255\n"), CG_EDATA, "not within");
    expect_image("cut.pgm", BYTES("P5 3 2 255\nabcde"), CG_EDATA, "ends after 5 of 6");
    expect_image("cut2.pgm", BYTES("P2 3 2 9\n1 2 3 4 5"), CG_EDATA, "ends after 5 of 6");
    expect_image("word.pgm", BYTES("P2 3 2 9\n1 2 x 4 5 6"), CG_EDATA, "pixel 2 is not a number");
    expect_image("over.pgm", BYTES("P2 3 2 9\n1 2 10 4 5 6"), CG_EDATA, "pixel 2 is 10");
    expect_image("size.pgm", BYTES("P5 2 3 255\nabcdef"), CG_EDATA,
                 "2 x 3 pixels (width x height), expected 3 x 2");
#ifdef HAVE_PNG
    cg_status png = CG_EDATA;
#else
    cg_status png = CG_ENOTBUILT;
#endif
    expect_image("cut.png", BYTES("\211PNG\r\n\032\n\0\0\0\15IHDR\0\0"), png, "cut.png: ");
    expect_image("junk.png", BYTES("\211PNGjunkjunkjunkjunkjunkjunkjunk"), png, "junk.png: ");
}

/* Every allocation of reading whole files fails once. */
static void no_memory(void)
{
    const cg_shape shape = CG_SHAPE(1, 1, 2);
    put("good", BYTES(GOOD));
    put("labels", BYTES(LABELS));
    put("good.pgm", BYTES("P5 2 1 255\nab"));
    for (int k = 0; k < 2; k++) {
        cg_status status = CG_ENOMEM;
        bool is_told = true;
        int n = 0;
        for (; status == CG_ENOMEM && n < 1000; n++) {
            cg_error error = { 0 };
            cg_tensor *image = NULL;
            char path[128];
            snprintf(path, sizeof path, "%s", path_of("good.pgm"));
            cg_fail_allocation_after(n);
            status = k ? cg_image_load(&image, path, &shape, NULL, &error)
                       : load("good", "labels", &error);
            cg_fail_allocation_after(-1);
            is_told &= status == CG_OK || error.status == status;
            cg_tensor_free(image);
        }
        ok(status == CG_OK && n > 2 && is_told, "each of %d allocations of reading %s may fail",
           n - 1, k ? "an image" : "IDX files");
    }
}

int main(void)
{
    if (!mkdtemp(folder)) abort();
    bad_images();
    late_images();
    bad_labels();
    bad_gzip();
    bad_pictures();
    no_memory();
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return done_testing() | (system(command) != 0);
}
