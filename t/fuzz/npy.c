/* NPY files: samples alone, with labels, with target values. */
#include "data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file("a.npy", data, size);
    cg_data_spec spec = { .format = "npy", .images = { path }, .target = CG_TARGET_INPUT };
    spec.shape = CG_SHAPE(3, 2, 2); /* so that samples of 2 x 2 x 3 are turned */
    fuzz_dataset(spec);
    spec.labels[0] = path;
    spec.target = CG_TARGET_CLASS;
    fuzz_dataset(spec);
    spec.target = CG_TARGET_VALUES;
    fuzz_dataset(spec);
    return 0;
}
