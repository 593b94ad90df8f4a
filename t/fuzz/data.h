/* Targets that read data sets. */
#ifndef FUZZ_DATA_H
#define FUZZ_DATA_H

#include "fuzz.h"

#include <cnngraph/data.h>

/* Loads the training part and looks at all of it: values are finite, labels are classes, memory is
 * what was asked for and is given back. */
void fuzz_dataset(cg_data_spec spec);

#endif
