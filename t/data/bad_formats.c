/* Files that users bring and that are not what they seem: each is told with file and place, in
 * little time and memory, whatever its header claims. */
#include "config.h"

#include <cnngraph/data.h>

#include "../tap.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/cnngraph-bad-XXXXXX";

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

/* The size of a literal with its zero bytes, without the last. */
#define BYTES(text) text, sizeof(text) - 1

static cg_status load(cg_data_spec spec, cg_error *error)
{
    const cg_split_spec split = { .name = "train", .from = "train" };
    cg_dataset *set;
    spec.splits = &split, spec.n_splits = 1, spec.base = folder;
    spec.place = (cg_place){ "m.yaml", 3, 5 };
    cg_status status = cg_dataset_load(&set, &spec, NULL, error);
    cg_dataset_free(set);
    return status;
}

/* The place is that of the model file, unless the data are a text with lines of their own. */
static void expect(cg_data_spec spec, const char *place, const char *fragment)
{
    cg_error error = { 0 };
    char found[300];
    cg_status status = load(spec, &error);
    const char *slash = strrchr(error.file, '/');
    snprintf(found, sizeof found, "%.200s:%d:%d", slash ? slash + 1 : error.file, error.line,
             error.column);
    ok(status == CG_EDATA && strstr(error.message, fragment) && !strcmp(found, place),
       "%s: \"%s\" is reported (%s: %s)", spec.images[0] ? spec.images[0] : "no file", fragment,
       found, error.message);
}

/* ---- NPY ----------------------------------------------------------------------------------- */
/* The magic and a header of 64 bytes less the 10 before it. */
static void put_npy(const char *name, const char *literal, const char *data, size_t size)
{
    char bytes[512];
    int n = snprintf(bytes + 10, 256, "%-117s\n", literal);
    memcpy(bytes, "\x93NUMPY\1\0", 8);
    bytes[8] = (char)n, bytes[9] = 0;
    memcpy(bytes + 10 + n, data, size);
    put(name, bytes, (size_t)(10 + n) + size);
}

#define NPY(descr, order, shape) \
    "{'descr': '" descr "', 'fortran_order': " order ", 'shape': " shape ", }"

static void bad_npy(void)
{
    static const struct {
        const char *name, *literal, *data;
        size_t size;
        const char *fragment;
    } bad[] = {
        { "word.npy", "hello", BYTES(""), "expected '{' at 'hello" },
        { "key.npy", "{'dtype': '<f4'}", BYTES(""), "expected 'descr'" },
        { "half.npy", "{'descr': '<f4', 'fortran_order': False}", BYTES(""), "and 'shape' before" },
        { "type.npy", NPY("<c8", "False", "(2,)"), BYTES("ab"), "elements of type '<c8'" },
        { "half-float.npy", NPY("<f2", "False", "(2,)"), BYTES("abcd"), "elements of type '<f2'" },
        { "records.npy", "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }",
          BYTES("ab"), "an array of records" },
        { "order.npy", NPY("<f4", "True", "(2, 2)"), BYTES("ab"), "Fortran's order" },
        { "rank.npy", NPY("|u1", "False", "(1, 1, 1, 1, 1, 1, 1, 1, 1)"), BYTES("a"),
          "more than 8 axes" },
        { "none.npy", NPY("|u1", "False", "(0, 2)"), BYTES(""), "axis 0 has 0 elements" },
        { "single.npy", NPY("|u1", "False", "()"), BYTES("a"), "a single number" },
        { "minus.npy", NPY("|u1", "False", "(-2,)"), BYTES("a"), "expected a number at '-2" },
        { "2^60.npy", NPY("<f8", "False", "(1152921504606846976,)"), BYTES("abc"),
          "axis 0 has 1152921504606846976 elements" },
        { "2^70.npy", NPY("<f8", "False", "(1180591620717411303424,)"), BYTES("abc"),
          "a smaller number" },
        { "product.npy", NPY("<f8", "False", "(4294967296, 4294967296)"), BYTES("abc"),
          "at most 8 GiB" },
        { "gigabytes.npy", NPY("|u1", "False", "(1, 1024, 1024, 1024)"), BYTES("abc"),
          "3 bytes of data, its header promises 1073741824" },
        { "cut.npy", NPY("<u2", "False", "(2, 3)"), BYTES("abcdefghijk"), "11 bytes of data" },
        { "long.npy", NPY("|u1", "False", "(2,)"), BYTES("abc"), "bytes follow the 2" },
        { "nan.npy", NPY("<f4", "False", "(2, 1)"), BYTES("\0\0\0\0\0\0\300\177"),
          "value 0 of sample 1 is nan" },
    };
    cg_data_spec spec = { .format = "npy", .target = CG_TARGET_INPUT };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put_npy(bad[i].name, bad[i].literal, bad[i].data, bad[i].size);
        spec.images[0] = bad[i].name;
        expect(spec, "m.yaml:3:5", bad[i].fragment);
    }
    put("empty.npy", "", 0);
    put("magic.npy", BYTES("PK\3\4 not an array"));
    put("version.npy", BYTES("\x93NUMPY\7\0v\0{'descr'"));
    put("header.npy", BYTES("\x93NUMPY\1\0v\0{'descr'"));
    put("long-header.npy", BYTES("\x93NUMPY\2\0\377\377\377\377{'descr'"));
    static const char *const raw[][2] = {
        { "empty.npy", "the file is empty" },
        { "magic.npy", "not an NPY array" },
        { "version.npy", "version 7.0 of NPY" },
        { "header.npy", "ends within its header" },
        { "long-header.npy", "a header of 4294967295 bytes" },
        { "absent.npy", "No such file" },
        { ".", "a folder" },
    };
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++) {
        spec.images[0] = raw[i][0];
        expect(spec, "m.yaml:3:5", raw[i][1]);
    }
}

/* Whatever else the file holds, the header is enough. */
static void other_npy(void)
{
    cg_data_spec spec = { .format = "npy", .images = { "x.npy" }, .shape = CG_SHAPE(1, 28, 28) };
    put_npy("x.npy", NPY("|u1", "False", "(9, 4096, 4096)"), BYTES("a"));
    expect(spec, "m.yaml:3:5", "x.npy: samples are 1x4096x4096, the model takes 1x28x28");
    spec.shape = CG_SHAPE(1);
    spec.labels[0] = "y.npy";
    put_npy("x.npy", NPY("|u1", "False", "(2, 1)"), BYTES("ab"));
    put_npy("y.npy", NPY("|u1", "False", "(536870912,)"), BYTES("a"));
    expect(spec, "m.yaml:3:5", "y.npy: 536870912");
    put_npy("y.npy", NPY("|u1", "False", "(2, 536870912)"), BYTES("a"));
    expect(spec, "m.yaml:3:5", "2 axes, expected one label a sample");
}

static void bad_npy_labels(void)
{
    cg_data_spec spec = { .format = "npy", .images = { "x.npy" } };
    put_npy("x.npy", NPY("|u1", "False", "(2, 1)"), BYTES("ab"));
    expect(spec, "m.yaml:3:5", "the part 'train' holds no labels");
    spec.labels[0] = "y.npy";
    put_npy("y.npy", NPY("|u1", "False", "(3,)"), BYTES("\0\1\2"));
    expect(spec, "m.yaml:3:5", "y.npy: 3");
    put_npy("y.npy", NPY("<u2", "False", "(2,)"), BYTES("\0\0\0\1"));
    expect(spec, "m.yaml:3:5", "label 1 is 256, expected a whole number of 0..255");
    put_npy("y.npy", NPY("<f4", "False", "(2,)"), BYTES("\0\0\0\0\0\0\0\77"));
    expect(spec, "m.yaml:3:5", "label 1 is 0.5");
    put_npy("y.npy", NPY("|u1", "False", "(2, 2)"), BYTES("\0\1\1\0"));
    expect(spec, "m.yaml:3:5", "2 axes, expected one label a sample");
    spec.target = CG_TARGET_VALUES;
    put_npy("y.npy", NPY("<f4", "False", "(2,)"), BYTES("\0\0\0\0\0\0\200\177"));
    expect(spec, "m.yaml:3:5", "value 0 of sample 1 is inf");
    spec = (cg_data_spec){ .format = "npy" };
    spec.images[1] = "x.npy";
    expect(spec, "m.yaml:3:5", "no file is given for the part 'train'");
}

#ifdef HAVE_ZIP
static void bad_npz(void)
{
    static const char empty[] = "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    cg_data_spec spec = { .format = "npz", .images = { "a.npz" } };
    put("a.npz", BYTES("\x93NUMPY surely"));
    expect(spec, "m.yaml:3:5", "a.npz: Not a zip archive");
    put("a.npz", empty, sizeof empty);
    expect(spec, "m.yaml:3:5", "no array for 'train': neither x_train");
    spec.images[0] = "absent.npz";
    expect(spec, "m.yaml:3:5", "No such file");
}
#else
static void bad_npz(void)
{
    cg_error error = { 0 };
    ok(load((cg_data_spec){ .format = "npz", .images = { "a.npz" } }, &error) == CG_ENOTBUILT,
       "NPZ archives are left out of this build (%s)", error.message);
}
#endif

/* ---- CSV ----------------------------------------------------------------------------------- */
static void bad_csv(void)
{
    static const char *const label[] = { "c" }, *const number[] = { "3" };
    static const char *const all[] = { "a", "b" }, *const twice[] = { "a", "0" };
    static const struct {
        const char *name, *text, *place, *fragment;
    } bad[] = {
        { "empty.csv", "", "m.yaml:3:5", "the file is empty" },
        { "names.csv", "a,b,c\n", "m.yaml:3:5", "no row behind the names" },
        { "word.csv", "a,b,c\n1,2,x\n3,four,y\n", "word.csv:3:3",
          "column 1 'b': 'four' is no finite number" },
        { "nan.csv", "a,b,c\n1,2,x\nnan,4,y\n", "nan.csv:3:1", "'nan' is no finite number" },
        { "inf.csv", "a,b,c\n1,1e999,x\n", "inf.csv:2:3", "'1e999' is no finite" },
        { "hole.csv", "a,b,c\n1,,x\n", "hole.csv:2:3", "column 1 'b': no value" },
        { "unlabelled.csv", "a,b,c\n1,2,\n", "unlabelled.csv:2:5", "column 2 'c': no label" },
        { "short.csv", "a,b,c\n1,2,x\n\n1,2\n", "short.csv:4:1",
          "2 cells, where the first row has 3" },
        { "long.csv", "a,b,c\n1,2,x,3\n", "long.csv:2:1", "4 cells" },
        { "open.csv", "a,b,c\n1,2,\"x\n1,2,x\n", "open.csv:2:5", "the quote is never closed" },
        { "behind.csv", "a,b,c\n1,2,\"x\"y\n", "behind.csv:2:5", "'y?' follows" },
        { "column.csv", "a,b,d\n1,2,x\n", "column.csv:1:1", "there is no column 'c'; there are 3" },
        { "nameless.csv", "1,2,3\n", "nameless.csv:1:1", "and no row of names" },
        { "within.csv", "a,b,c\n1,\"2\n3\",x\n", "within.csv:2:3", "'2?3' is no finite number" },
        { "lines.csv", "a,b,c\n1,2,\"x\n\ny\"\n?,2,x\n", "lines.csv:5:1", "'?' is no finite" },
    };
    cg_data_spec spec = { .format = "csv", .csv = { .label = label, .n_labels = 1 } };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put(bad[i].name, bad[i].text, strlen(bad[i].text));
        spec.images[0] = bad[i].name;
        expect(spec, bad[i].place, bad[i].fragment);
    }
    put("zero.csv", BYTES("a,b,c\n1,\0,x\n"));
    spec.images[0] = "zero.csv";
    expect(spec, "m.yaml:3:5", "byte 8 is zero");
    spec.images[0] = "absent.csv";
    expect(spec, "m.yaml:3:5", "No such file");
    spec.images[0] = "word.csv", spec.csv.label = number;
    expect(spec, "word.csv:1:1", "there is no column '3'");
    spec.images[0] = "short.csv", spec.csv.label = label;
    spec.csv.ignore = all, spec.csv.n_ignored = 2;
    expect(spec, "m.yaml:3:5", "no column is left");
    spec.target = CG_TARGET_VALUES, spec.csv.n_ignored = 0;
    spec.csv.label = twice, spec.csv.n_labels = 2;
    expect(spec, "short.csv:1:1", "column 0 'a': `label` and `ignore` name it twice, here as '0'");
    spec.csv.label = all, spec.csv.n_labels = 1, spec.csv.ignore = twice, spec.csv.n_ignored = 1;
    expect(spec, "short.csv:1:1", "here as 'a'");
}

/* ---- folders and CIFAR --------------------------------------------------------------------- */
static void make(const char *name)
{
    if (mkdir(path_of(name), 0777) != 0) abort();
}

static void bad_folders(void)
{
    cg_data_spec spec = { .format = "folder", .images = { "none" } };
    expect(spec, "m.yaml:3:5", "none: No such file");
    make("bare");
    spec.images[0] = "bare";
    expect(spec, "m.yaml:3:5", "no folder in it");
    make("bare/cat");
    expect(spec, "m.yaml:3:5", "bare/cat: the class has no images");
    put("bare/cat/1.png", BYTES("hello"));
    expect(spec, "m.yaml:3:5", "bare/cat/1.png: neither PGM");
    put("bare/cat/1.png", BYTES("P5 3 2 255\nabcdef"));
    put("bare/cat/2.png", BYTES("P5 2 3 255\nabcdef"));
    expect(spec, "m.yaml:3:5",
           "bare/cat/2.png: 2 x 3 pixels (width x height), expected 3 x 2, "
           "those of ");
    spec.shape = CG_SHAPE(1, 3, 2);
    expect(spec, "m.yaml:3:5",
           "bare/cat/1.png: 3 x 2 pixels (width x height), expected 2 x 3, "
           "which the model takes");
    put("bare/cat/1.png", BYTES("P5 2 3 255\nabcde"));
    expect(spec, "m.yaml:3:5", "bare/cat/1.png: ends after 5 of 6 pixels");
    put("bare/cat/1.png", BYTES("P5 16384 8192 255\nabcde"));
    expect(spec, "m.yaml:3:5", "bare/cat/1.png: 16384 x 8192 pixels are more than 67108864");
    make("bare/cat/0");
    expect(spec, "m.yaml:3:5", "bare/cat/0: not a file");
    if (rmdir(path_of("bare/cat/0")) != 0 || mkfifo(path_of("bare/cat/0"), 0666) != 0) abort();
    expect(spec, "m.yaml:3:5", "bare/cat/0: not a file"); /* nobody writes into it */
}

static void bad_cifar(void)
{
    static uint8_t record[3073] = { 10 };
    cg_data_spec spec = { .format = "cifar10", .images = { "c.bin" } };
    put("c.bin", record, 3072);
    expect(spec, "m.yaml:3:5", "3072 bytes are no whole number of records of 3073");
    put("c.bin", record, 0);
    expect(spec, "m.yaml:3:5", "0 bytes");
    put("c.bin", record, 3073);
    expect(spec, "m.yaml:3:5", "the label at byte 0 is 10, expected 0..9");
    spec.images[0] = ".";
    expect(spec, "m.yaml:3:5", "data_batch_1.bin");
    make("cifar10");
    put("cifar10/data_batch_1.bin.gz", record, 100);
    setenv("CNNGRAPH_DATA", folder, 1);
    expect((cg_data_spec){ .source = "cifar10" }, "m.yaml:3:5",
           "is not on this machine: no data_batch_1.bin in ");
}

/* ---- memory -------------------------------------------------------------------------------- */
/* Every allocation of reading a sound file of a format fails once. */
static void no_memory(void)
{
    static const char *const label[] = { "1" };
    const cg_data_spec specs[] = {
        { .format = "npy", .images = { "x.npy" }, .labels = { "y.npy" } },
        { .format = "csv", .images = { "m.csv" }, .csv = { .label = label, .n_labels = 1 } },
        { .format = "folder", .images = { "good" } },
    };
    put_npy("x.npy", NPY("<u2", "False", "(2, 1)"), BYTES("abcd"));
    put_npy("y.npy", NPY("|u1", "False", "(2,)"), BYTES("\0\1"));
    put("m.csv", BYTES("1,a\n2,b\n"));
    make("good");
    make("good/a");
    put("good/a/1.pgm", BYTES("P5 2 1 255\nab"));
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        cg_status status = CG_ENOMEM;
        bool is_told = true;
        int n = 0;
        for (; status == CG_ENOMEM && n < 1000; n++) {
            cg_error error = { 0 };
            cg_fail_allocation_after(n);
            status = load(specs[i], &error);
            cg_fail_allocation_after(-1);
            is_told &= status == CG_OK || error.status == status;
        }
        ok(status == CG_OK && n > 8 && is_told, "each of %d allocations of reading %s may fail",
           n - 1, specs[i].format);
    }
}

static void is_frugal(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    ok(usage.ru_maxrss < 500000, "no claim took memory: %ld kB at most", usage.ru_maxrss);
}

int main(void)
{
    if (!mkdtemp(folder)) abort();
    bad_npy();
    other_npy();
    bad_npy_labels();
    bad_npz();
    bad_csv();
    bad_folders();
    bad_cifar();
    no_memory();
    is_frugal();
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return done_testing() | (system(command) != 0);
}
