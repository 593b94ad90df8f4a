/* What eval tells of a model whose target is no class. */
#ifndef CNNGRAPH_METRICS_REPORT_H
#define CNNGRAPH_METRICS_REPORT_H

#include "measure.h"

/* Prints loss and metrics, by name, as text or JSON. */
void metrics_report(const struct measurement *m, bool as_json);

#endif
