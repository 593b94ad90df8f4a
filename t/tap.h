/* Test Anything Protocol, the little of it that C tests need. */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdio.h>

static int tap_n_run, tap_n_failed;

__attribute__((format(printf, 2, 3))) static inline int ok(int passed, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    printf("%sok %d - ", passed ? "" : "not ", ++tap_n_run);
    vprintf(format, ap);
    putchar('\n');
    fflush(stdout);
    va_end(ap);
    tap_n_failed += !passed;
    return passed;
}

/* An assertion that cannot be made here, and why. */
static inline void skip(const char *name, const char *reason)
{
    printf("ok %d - %s # SKIP %s\n", ++tap_n_run, name, reason);
}

static inline int done_testing(void)
{
    printf("1..%d\n", tap_n_run);
    return tap_n_failed != 0;
}

#endif
