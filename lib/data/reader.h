/* Reading the images of a source's parts on a thread. */
#ifndef CG_DATA_READER_H
#define CG_DATA_READER_H

#include "data/source.h"

typedef struct cg_reader cg_reader;

/* Reads the first wanted[i] images of each part, 0: none.  The parts belong to the reader, apart
 * from their labels, until it is awaited for them or freed. */
cg_status cg_reader_new(cg_reader **reader, cg_samples part[CG_N_PARTS],
                        const int64_t wanted[CG_N_PARTS], cg_error *error);
cg_status cg_reader_await(cg_reader *reader, int part, cg_error *error);

/* Waits for the part that is being read, and leaves the others.  NULL is fine. */
void cg_reader_free(cg_reader *reader);

#endif
