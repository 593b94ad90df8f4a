/* How the results of gradient checks are told: as a table, as TAP, or as JSON. */
#ifndef CNNGRAPH_GRADCHECK_REPORT_H
#define CNNGRAPH_GRADCHECK_REPORT_H

#include <cnngraph/cnngraph.h>

#include <jansson.h>

enum report_format { REPORT_TEXT, REPORT_JSON, REPORT_TAP };

struct row { /* of the table: one input of an op, or one parameter, over all samples */
    char subject[64], input[32], label[64];
    int line;
    double worst[CG_N_CHECK_KINDS];
    int n[CG_N_CHECK_KINDS];
    cg_verdict verdict;
};

struct report {
    enum report_format format;
    bool is_model, is_verbose;
    struct row *row; /* of the op under way, or of the model */
    size_t n_rows;
    json_t *list;
    int n, n_verdict[4];
    double worst[CG_N_CHECK_KINDS];
    bool is_out_of_memory;
};

void report_begin(struct report *r);
cg_check_report report_result;      /* context: the report */
void report_rows(struct report *r); /* prints the table's rows so far and forgets them */

/* The summary; returns the exit code: 0, that of CG_ECHECK after FAIL or VACUOUS, CG_ENOMEM. */
int report_end(struct report *r);

#endif
