/* How the results of gradient checks are told. */
#include "gradcheck_report.h"
#include "verb.h"

#include "json.h"
#include "verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From good to bad. */
static int badness(cg_verdict verdict)
{
    static const int order[] = { [CG_PASS] = 0, [CG_KINK] = 1, [CG_VACUOUS] = 2, [CG_FAIL] = 3 };
    return order[verdict];
}

static bool is_bad(cg_verdict verdict)
{
    return verdict == CG_FAIL || verdict == CG_VACUOUS;
}

/* ---- the table
 * ---------------------------------------------------------------------------------*/
static const char *error_text(const struct row *row, cg_check_kind kind, char text[16])
{
    snprintf(text, 16, row->n[kind] ? "%.1e" : "-", row->worst[kind]);
    return text;
}

static struct row *find_row(struct report *r, const cg_check_result *result)
{
    for (size_t i = 0; i < r->n_rows; i++)
        if (strcmp(r->row[i].subject, result->subject) == 0 &&
            strcmp(r->row[i].input, result->input) == 0)
            return &r->row[i];
    struct row *more = realloc(r->row, (r->n_rows + 1) * sizeof *more);
    if (!more) {
        r->is_out_of_memory = true;
        return NULL;
    }
    r->row = more;
    struct row *row = &more[r->n_rows++];
    *row = (struct row){ .line = result->place.line };
    snprintf(row->subject, sizeof row->subject, "%s", result->subject);
    snprintf(row->input, sizeof row->input, "%s", result->input);
    snprintf(row->label, sizeof row->label, "%s", result->label);
    return row;
}

static void print_detail(const cg_check_result *result)
{
    if (result->place.line) printf("%s:%d: ", result->place.file, result->place.line);
    printf("%s %s", cg_verdict_name(result->verdict), result->subject);
    if (strcmp(result->subject, result->input) != 0)
        printf(", sample %d, %s", result->sample, result->input);
    printf(" %s: ", cg_check_kind_name(result->kind));
    if (result->element >= 0) printf("at element %lld ", (long long)result->element);
    printf("%s %.9g, %s %.9g; error %.1e", result->kind == CG_CHECK_KERNEL ? "kernel" : "analytic",
           result->analytic, result->kind == CG_CHECK_KERNEL ? "reference" : "numeric",
           result->numeric, result->error);
    if (result->n_kinks) printf("; %lld at kinks", (long long)result->n_kinks);
    putchar('\n');
}

static void add_to_table(struct report *r, const cg_check_result *result)
{
    struct row *row = find_row(r, result);
    if (!row) return;
    row->n[result->kind]++;
    if (!(result->error <= row->worst[result->kind])) row->worst[result->kind] = result->error;
    if (badness(result->verdict) > badness(row->verdict)) row->verdict = result->verdict;
    if (r->is_verbose || is_bad(result->verdict)) print_detail(result);
}

static void print_model_row(const struct row *row)
{
    char element[16], projected[16];
    printf("%5d  %-20s %-26s %11s %11s  %s\n", row->line, row->label, row->subject,
           error_text(row, CG_CHECK_ELEMENTS, element),
           error_text(row, CG_CHECK_PROJECTED, projected), cg_verdict_name(row->verdict));
}

static void print_op_row(const struct row *row)
{
    char text[CG_N_CHECK_KINDS][16];
    printf("%-22s %-14s", row->subject, row->input);
    for (int kind = 0; kind < CG_N_CHECK_KINDS; kind++)
        printf(" %10s", error_text(row, (cg_check_kind)kind, text[kind]));
    printf("  %s\n", cg_verdict_name(row->verdict));
}

void report_rows(struct report *r)
{
    for (size_t i = 0; i < r->n_rows; i++) {
        if (r->is_model)
            print_model_row(&r->row[i]);
        else
            print_op_row(&r->row[i]);
    }
    r->n_rows = 0;
}

/* ---- JSON and TAP
 * ------------------------------------------------------------------------------*/
static void add_to_list(struct report *r, const cg_check_result *c)
{
    json_t *object = json_pack(
        "{ss si ss ss ss sf sf sf sI sI sI ss si}", "subject", c->subject, "sample", c->sample,
        "input", c->input, "kind", cg_check_kind_name(c->kind), "verdict",
        cg_verdict_name(c->verdict), "error", c->error, "analytic", c->analytic, "numeric",
        c->numeric, "element", (json_int_t)c->element, "compared", (json_int_t)c->n, "kinks",
        (json_int_t)c->n_kinks, "layer", c->label, "line", c->place.line);
    /* jansson has no NaN: what is not finite becomes null. */
    if (!object)
        object = json_pack("{ss si ss ss ss sn sn sn}", "subject", c->subject, "sample", c->sample,
                           "input", c->input, "kind", cg_check_kind_name(c->kind), "verdict",
                           cg_verdict_name(c->verdict), "error", "analytic", "numeric");
    json_array_append_new(r->list, object);
}

static void print_tap(const struct report *r, const cg_check_result *c)
{
    printf("%sok %d - %s, sample %d: %s %s, %s, error %.1e\n", is_bad(c->verdict) ? "not " : "",
           r->n, c->subject, c->sample, c->input, cg_check_kind_name(c->kind),
           cg_verdict_name(c->verdict), c->error);
}

/* ---- all of it
 * -----------------------------------------------------------------------------------*/
void report_begin(struct report *r)
{
    if (r->format == REPORT_JSON) {
        r->list = json_array();
    } else if (r->format == REPORT_TEXT && r->is_model) {
        printf("%5s  %-20s %-26s %11s %11s\n", "line", "layer", "parameter", "by element",
               "projected");
    } else if (r->format == REPORT_TEXT) {
        printf("%-22s %-14s %10s %10s %10s %10s %10s %10s\n", "op", "input", "element", "projected",
               "2nd elem.", "2nd proj.", "ties", "kernel");
    }
}

void report_result(void *context, const cg_check_result *result)
{
    struct report *r = context;
    r->n++;
    r->n_verdict[result->verdict]++;
    if (!(result->error <= r->worst[result->kind])) r->worst[result->kind] = result->error;
    if (r->format == REPORT_TEXT)
        add_to_table(r, result);
    else if (r->format == REPORT_JSON)
        add_to_list(r, result);
    else
        print_tap(r, result);
}

static void print_summary(const struct report *r)
{
    printf("\n%d checks: %d PASS, %d FAIL, %d VACUOUS, %d KINK; worst error", r->n,
           r->n_verdict[CG_PASS], r->n_verdict[CG_FAIL], r->n_verdict[CG_VACUOUS],
           r->n_verdict[CG_KINK]);
    const char *comma = "";
    for (int kind = 0; kind < CG_N_CHECK_KINDS; kind++) {
        if (r->worst[kind] == 0) continue;
        printf("%s %s %.1e", comma, cg_check_kind_name((cg_check_kind)kind), r->worst[kind]);
        comma = ",";
    }
    putchar('\n');
}

static int print_json(struct report *r)
{
    json_t *all = json_pack("{si si si si si so}", "checks", r->n, "pass", r->n_verdict[CG_PASS],
                            "fail", r->n_verdict[CG_FAIL], "vacuous", r->n_verdict[CG_VACUOUS],
                            "kink", r->n_verdict[CG_KINK], "results", r->list);
    return json_print(all, JSON_INDENT(1));
}

int report_end(struct report *r)
{
    int code = 0;
    free(r->row);
    if (r->is_out_of_memory)
        code = fail_memory();
    else if (r->format == REPORT_TEXT)
        print_summary(r);
    else if (r->format == REPORT_TAP)
        printf("1..%d\n", r->n);
    else
        code = print_json(r);
    if (code) return code;
    bool failed = r->n_verdict[CG_FAIL] || r->n_verdict[CG_VACUOUS];
    return failed ? cg_status_exit_code(CG_ECHECK) : 0;
}
