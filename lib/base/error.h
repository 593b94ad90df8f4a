/* Filling a cg_error and passing a status on. */
#ifndef CG_BASE_ERROR_H
#define CG_BASE_ERROR_H

#include <cnngraph/status.h>

#include <stdarg.h>
#include <stdbool.h>

#if defined __GNUC__
#define CG_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define CG_PRINTF(text, first)
#endif

/* Each fills *error (unless it is NULL) and returns status, so that a caller can
 * `return cg_fail(error, CG_EDATA, "%s: %d images, %d labels", ...)`. */
cg_status cg_fail(cg_error *error, cg_status status, const char *format, ...) CG_PRINTF(3, 4);
cg_status cg_fail_at(cg_error *error, cg_status status, cg_place place, const char *format, ...)
    CG_PRINTF(4, 5);
cg_status cg_fail_va(cg_error *error, cg_status status, cg_place place, const char *format,
                     va_list ap);
cg_status cg_fail_nomem(cg_error *error, const char *what);
/* The same with ": " and the system's reason, that of errno, behind it; on any thread.
 * CG_ENOMEM if that is the reason. */
cg_status cg_fail_errno(cg_error *error, cg_status status, const char *format, ...) CG_PRINTF(3, 4);

/* Where it is: a file's name is shown, and so cleaned as messages are. */
void cg_error_place(cg_error *error, cg_place place);

/* What a call that has failed means by errno: CG_ENOMEM where memory was short, else `status`.  A
 * library may leave errno alone: set it to 0 before. */
cg_status cg_unless_nomem(cg_status status);

/* Passes a failure on. */
#define CG_TRY(expression)                                  \
    do {                                                    \
        cg_status cg_try_status_ = (expression);            \
        if (cg_try_status_ != CG_OK) return cg_try_status_; \
    } while (0)

#endif
