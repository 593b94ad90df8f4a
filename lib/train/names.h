/* What the data call classes and columns of targets travels with the weights, so that a prediction
 * needs no data to tell it. */
#ifndef CG_TRAIN_NAMES_H
#define CG_TRAIN_NAMES_H

#include <cnngraph/data.h>

#include <jansson.h>

/* A JSON list of the names, to be freed with free(); NULL where there are numbers, names that are
 * no UTF-8, or no memory for what is but a convenience. */
char *cg_names_write(const cg_dataset *set);

/* The list in the weights' metadata, to be given back by json_decref; NULL where there is none. */
cg_status cg_names_read(json_t **names, const char *weights, const cg_budget *budget,
                        cg_error *error);

#endif
