/* IDX files, plain or in gzip: images, and labels, each of the other kind too. */
#include "data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t two_labels[] = { 0, 0, 8, 1, 0, 0, 0, 2, 1, 0 };
    static const uint8_t two_images[] = { 0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 7, 9 };
    const char *path = fuzz_file("a.idx", data, size);
    cg_data_spec spec = { .format = "idx", .images = { path }, .target = CG_TARGET_INPUT };
    fuzz_dataset(spec);
    spec.target = CG_TARGET_CLASS;
    spec.labels[0] = fuzz_file("labels.idx", two_labels, sizeof two_labels);
    fuzz_dataset(spec);
    spec.images[0] = fuzz_file("images.idx", two_images, sizeof two_images);
    spec.labels[0] = path;
    fuzz_dataset(spec);
    return 0;
}
