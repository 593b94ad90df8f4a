/* Writing HTML: markup of our own, and text of strangers, which is escaped.
 *
 * A page that has failed stays so; what is put on it then goes nowhere, and cg_page_close tells. */
#ifndef CG_REPORT_PAGE_H
#define CG_REPORT_PAGE_H

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

typedef struct {
    FILE *out;
    cg_replace file;    /* of a page, or */
    const char *folder; /* where drawings become files, and all else goes nowhere */
    char *text;         /* what was put since a drawing began, ... */
    size_t size;        /* after fflush of `out` */
    int n_files;        /* that were written */
    cg_status status;
    cg_error *error;        /* of the caller */
    cg_locale_guard locale; /* numbers are written with a point while a page is open */
} cg_page;

cg_status cg_page_open(cg_page *page, const char *path, cg_error *error);
/* No page: its drawings, each as a PNG file in the folder, which must exist. */
cg_status cg_page_open_folder(cg_page *page, const char *folder, cg_error *error);
/* Replaces the file at the path, or leaves it as it was after an error. */
cg_status cg_page_close(cg_page *page);

/* Markup and numbers; no text that comes from a file. */
void cg_put(cg_page *page, const char *format, ...) CG_PRINTF(2, 3);
/* Text, with & < > " ' written so that it is nothing but text, in attributes too; what is no UTF-8
 * or a control character becomes U+FFFD. */
void cg_put_text(cg_page *page, const char *text);
/* 3 significant digits, "0.001" rather than "1e-03" where that is short. */
void cg_put_number(cg_page *page, double value);
/* 1234567 as 1 234 567 */
void cg_put_count(cg_page *page, int64_t n);

#endif
