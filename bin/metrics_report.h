/* What eval tells of a model whose target is no class, and what it tells of scores. */
#ifndef CNNGRAPH_METRICS_REPORT_H
#define CNNGRAPH_METRICS_REPORT_H

#include "measure.h"

#include <jansson.h>

/* Prints loss and metrics, by name, as text or JSON; the exit code. */
int metrics_report(const struct measurement *m, bool as_json);

/* A table of scores, what: "class", whose rows come one by one; and scores as an object. */
void print_scores_head(const char *what);
void print_scores(const char *name, cg_scores scores);
json_t *scores_json(cg_scores scores);

#endif
