/* NPZ archives, as they come and with sums that are right, behind which the arrays are reached. */
#include "data.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static uint32_t number(const uint8_t *p, int bytes)
{
    uint32_t n = 0;
    for (int i = 0; i < bytes; i++) n |= (uint32_t)p[i] << (8 * i);
    return n;
}

static void put(uint8_t *p, uint32_t n)
{
    for (int i = 0; i < 4; i++) p[i] = (uint8_t)(n >> (8 * i));
}

/* An entry of the directory, of a file that is stored: at 10 the method, 16 the CRC, 20 the size,
 * 42 where its own header lies, which has 30 bytes, a name and more, with the CRC at 14. */
static void mend_entry(uint8_t *zip, size_t size, uint8_t *entry)
{
    uint32_t bytes = number(entry + 20, 4), at = number(entry + 42, 4);
    if (number(entry + 10, 2) != 0 || at + (size_t)30 > size) return;
    size_t begin = at + (size_t)30 + number(zip + at + 26, 2) + number(zip + at + 28, 2);
    if (begin > size || bytes > size - begin) return;
    uint32_t sum = (uint32_t)crc32(0, zip + begin, bytes);
    put(entry + 16, sum);
    put(zip + at + 14, sum);
}

static void mend(uint8_t *zip, size_t size)
{
    for (size_t i = 0; i + 46 <= size; i++)
        if (!memcmp(zip + i, "PK\1\2", 4)) mend_entry(zip, size, zip + i);
}

static void load(const uint8_t *data, size_t size)
{
    cg_data_spec spec = { .format = "npz", .images = { fuzz_file("a.npz", data, size) } };
    fuzz_dataset(spec);
    spec.target = CG_TARGET_VALUES;
    fuzz_dataset(spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    if (!copy) return 0;
    load(data, size);
    memcpy(copy, data, size);
    mend(copy, size);
    if (memcmp(copy, data, size) != 0) load(copy, size);
    free(copy);
    return 0;
}
