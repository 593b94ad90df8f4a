/* Fuzz targets: each file of this folder is one, a reader of bytes that come from outside.  The
 * same program replays the target's corpus as a test and, built with --enable-fuzzing, mutates it.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The target: any bytes are fine, and what they may not do ends the program.  Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Replaces a file of these bytes in a folder of the program's own; its path, until the next call
 * with that name.  A name may have folders in front: "class/a.png". */
const char *fuzz_file(const char *name, const void *data, size_t size);

/* That folder. */
const char *fuzz_folder(void);

/* Ends the program where a promise is broken. */
void fuzz_expect(bool holds, const char *promise);

#endif
