/* What the verbs below `data` share. */
#ifndef CNNGRAPH_BIN_DATA_H
#define CNNGRAPH_BIN_DATA_H

#include "load.h"

#include "base/memory.h"

extern const struct verb verb_data;

/* What an operand names: a model's data, or a file or folder of samples by itself. */
struct data_operand {
    const char *path;
    const char *labels; /* --labels */
    const char *label;  /* --label  */
    const char *shape;  /* --shape  */
    bool are_values;    /* --values: target values, no classes */
    struct model_options *model_options;

    cg_model *model; /* to be freed; NULL where it is no model */
    cg_data_spec spec;
    cg_split_spec split;
    cg_arena *arena;
};

/* Finds out what it is; the exit code. */
int data_operand_open(struct data_operand *operand);
void data_operand_close(struct data_operand *operand);

/* Looks at the samples; the exit code. */
int data_info(struct data_operand *operand, bool as_json);

/* Fetches a published set into a folder, from a URL (NULL, NULL: the usual ones); the exit code. */
int data_fetch(const char *set, const char *to, const char *from);

#endif
