/* Records of CIFAR-10 and CIFAR-100: what is read is repeated until it is whole records. */
#include "data.h"

#include <stdlib.h>
#include <string.h>

static void load(const char *format, const uint8_t *data, size_t size, size_t record)
{
    uint8_t *bytes = malloc(2 * record);
    if (!bytes) return;
    for (size_t i = 0; i < 2 * record; i++) bytes[i] = size ? data[i % size] : 0;
    fuzz_dataset(
        (cg_data_spec){ .format = format, .images = { fuzz_file("a.bin", bytes, 2 * record) } });
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cg_data_spec spec = { .format = "cifar10", .images = { fuzz_file("a.bin", data, size) } };
    fuzz_dataset(spec);
    load("cifar10", data, size, 3073);
    load("cifar100", data, size, 3074);
    return 0;
}
