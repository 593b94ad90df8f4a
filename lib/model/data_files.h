/* What `data:` says about where samples come from: `source`, or `format` and its files. */
#ifndef CG_MODEL_DATA_FILES_H
#define CG_MODEL_DATA_FILES_H

#include "data/kind.h"
#include "model/read.h"

/* One of the words (NULL-terminated); false after a report. */
bool cg_read_choice(cg_reader *r, const cg_tree *tree, const char *what, const char *const words[],
                    const char **value);

/* source, fallback, format, images, labels, files and csv; the target is read before. */
void cg_read_data_files(cg_reader *r, const cg_tree *data, cg_data_spec *d);

/* Files serve what the splits draw from, no less. */
void cg_check_data_files(cg_reader *r, const cg_tree *data, const cg_data_spec *d);

/* Of the source that the spec names; NULL where it names files. */
const cg_data_kind *cg_source_kind(const cg_data_spec *d);

#endif
