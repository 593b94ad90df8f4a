/* Sets under the names they were published with: small files stand for large ones. */
#include "data/dataset.h"

#include "../tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { N = 12, SIDE = 28 };

static char root[] = "/tmp/cnngraph-published-XXXXXX";

static void put(const char *set, const char *name, const void *head, size_t n_head, int n_bytes,
                unsigned char (*byte)(int i))
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", root, set);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%s", root, set, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(head, 1, n_head, file) != n_head) abort();
    for (int i = 0; i < n_bytes; i++) putc(byte(i), file);
    fclose(file);
}

static void take_away(const char *set, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s/%s", root, set, name);
    unlink(path);
}

static unsigned char pixel(int i)
{
    return (unsigned char)(i % 251);
}

static unsigned char label(int i)
{
    return (unsigned char)(i % 10);
}

static unsigned char large_label(int i)
{
    return (unsigned char)i;
}

static void put_images(const char *set, const char *part, int rows)
{
    char name[64];
    const unsigned char head[] = { 0, 0, 8, 3,   0, 0, 0, N, 0, 0, 0, (unsigned char)rows,
                                   0, 0, 0, SIDE };
    snprintf(name, sizeof name, "%s-images-idx3-ubyte", part);
    put(set, name, head, sizeof head, N * rows * SIDE, pixel);
}

static void put_labels(const char *set, const char *part, unsigned char (*byte)(int i))
{
    char name[64];
    static const unsigned char head[] = { 0, 0, 8, 1, 0, 0, 0, N };
    snprintf(name, sizeof name, "%s-labels-idx1-ubyte", part);
    put(set, name, head, sizeof head, N, byte);
}

static cg_status load(cg_dataset **set, const char *source, cg_error *error)
{
    const cg_data_spec spec = { .source = source };
    *error = (cg_error){ 0 };
    return cg_dataset_load(set, &spec, NULL, error);
}

static void check_set(const char *source, const char *third)
{
    cg_dataset *set;
    cg_error error;
    if (!ok(load(&set, source, &error) == CG_OK, "%s is read %s", source, error.message)) return;
    static float x[2 * SIDE * SIDE], t[2];
    const int64_t which[] = { 3, 1 };
    int test = cg_dataset_split(set, "test");
    cg_dataset_batch(set, test, 2, which, x, t);
    ok(cg_dataset_size(set, test) == N && cg_dataset_classes(set) == 10, "12 images of 10 classes");
    ok(t[0] == 3 && t[1] == 1, "labels are those of the images");
    ok(x[5] * 255 == (float)((3 * SIDE * SIDE + 5) % 251), "a pixel is a share of 255");
    const char *name = cg_dataset_class_name(set, 2);
    ok(third ? name && !strcmp(name, third) : !name, "class 2 is %s", third ? third : "a number");
    cg_dataset_free(set);
}

static void refused(const char *what, const char *says)
{
    cg_dataset *set;
    cg_error error;
    ok(load(&set, "mnist", &error) == CG_EDATA && !set && strstr(error.message, says), "%s: %s",
       what, error.message);
    cg_dataset_free(set);
}

static void whole(const char *set)
{
    static const char *const parts[] = { "train", "t10k" };
    for (int i = 0; i < 2; i++) {
        put_images(set, parts[i], SIDE);
        put_labels(set, parts[i], label);
    }
}

int main(void)
{
    char command[64];
    if (!mkdtemp(root)) return 1;
    setenv("CNNGRAPH_DATA", root, 1);
    setenv("XDG_CACHE_HOME", root, 1);
    refused("a set that is not there", "train-images-idx3-ubyte");
    whole("mnist");
    whole("fashion-mnist");
    check_set("mnist", NULL);
    check_set("fashion-mnist", "Pullover");
    put_labels("mnist", "t10k", large_label);
    refused("a label beyond the classes", "a label is 11, expected 0..9");
    take_away("mnist", "t10k-labels-idx1-ubyte");
    refused("images without labels", "t10k-labels-idx1-ubyte[.gz] is missing beside ");
    put_labels("mnist", "t10k", label);
    put_images("mnist", "train", 20);
    refused("images of another size", "images of 1x20x28, expected 1x28x28");
    snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command) | done_testing();
}
