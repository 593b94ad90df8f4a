/* CSV files: the last column a class, several columns target values, and no column to be learnt. */
#include "data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const last[] = { "-1" }, *const two[] = { "0", "y" },
                             *const none[] = { "1" };
    const char *path = fuzz_file("a.csv", data, size);
    cg_data_spec spec = { .format = "csv", .images = { path } };
    spec.csv = (cg_csv_spec){ .label = last, .n_labels = 1 };
    fuzz_dataset(spec);
    spec.target = CG_TARGET_VALUES;
    spec.csv = (cg_csv_spec){ .label = two, .n_labels = 2, .separator = ';' };
    fuzz_dataset(spec);
    spec.target = CG_TARGET_INPUT;
    spec.csv = (cg_csv_spec){ .ignore = none, .n_ignored = 1, .header = -1, .separator = '\t' };
    fuzz_dataset(spec);
    return 0;
}
