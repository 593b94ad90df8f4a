/* The statuses in one table, and filling a cg_error. */
#include "base/error.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *text;
    int exit_code; /* of the cnngraph command */
} statuses[CG_N_STATUS] = {
    [CG_OK] = { "CG_OK", "no error", 0 },
    [CG_EINTERNAL] = { "CG_EINTERNAL", "internal error", 1 },
    [CG_EUSAGE] = { "CG_EUSAGE", "invalid argument", 2 },
    [CG_ESHAPE] = { "CG_ESHAPE", "shapes do not fit", 2 },
    [CG_ENOGRAD] = { "CG_ENOGRAD", "no gradient exists", 2 },
    [CG_EMODEL] = { "CG_EMODEL", "mistake in the model file", 3 },
    [CG_EDATA] = { "CG_EDATA", "data absent or damaged", 4 },
    [CG_EIO] = { "CG_EIO", "cannot read or write", 4 },
    [CG_ENUMERIC] = { "CG_ENUMERIC", "a value is not finite", 5 },
    [CG_ECHECK] = { "CG_ECHECK", "gradient check failed", 6 },
    [CG_ECHECKPOINT] = { "CG_ECHECKPOINT", "checkpoint damaged or of another model", 7 },
    [CG_ENOMEM] = { "CG_ENOMEM", "out of memory", 8 },
    [CG_ELIMIT] = { "CG_ELIMIT", "over a limit", 8 },
    [CG_ENOTBUILT] = { "CG_ENOTBUILT", "left out of this build", 9 },
    [CG_EREPRODUCE] = { "CG_EREPRODUCE", "results differ that had to agree", 10 },
    [CG_EINTERRUPTED] = { "CG_EINTERRUPTED", "interrupted", 130 },
};

/* What is no status at all is an internal error. */
static unsigned row(cg_status status)
{
    unsigned i = (unsigned)status;
    return i < CG_N_STATUS ? i : CG_EINTERNAL;
}

const char *cg_status_name(cg_status status)
{
    return statuses[row(status)].name;
}

const char *cg_status_text(cg_status status)
{
    return statuses[row(status)].text;
}

int cg_status_exit_code(cg_status status)
{
    return statuses[row(status)].exit_code;
}

void cg_error_place(cg_error *error, cg_place place)
{
    if (place.file) {
        snprintf(error->file, sizeof error->file, "%s", place.file);
        cg_trim_utf8(error->file);
        cg_clean_line(error->file);
    }
    error->line = place.line;
    error->column = place.column;
}

cg_status cg_fail_va(cg_error *error, cg_status status, cg_place place, const char *format,
                     va_list ap)
{
    if (!error) return status;
    *error = (cg_error){ .status = status };
    vsnprintf(error->message, sizeof error->message, format, ap);
    cg_trim_utf8(error->message);
    cg_clean_line(error->message);
    cg_error_place(error, place);
    return status;
}

cg_status cg_fail_at(cg_error *error, cg_status status, cg_place place, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    cg_fail_va(error, status, place, format, ap);
    va_end(ap);
    return status;
}

cg_status cg_fail(cg_error *error, cg_status status, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    cg_fail_va(error, status, (cg_place){ 0 }, format, ap);
    va_end(ap);
    return status;
}

cg_status cg_fail_nomem(cg_error *error, const char *what)
{
    return cg_fail(error, CG_ENOMEM, "out of memory for %s", what);
}

cg_status cg_fail_errno(cg_error *error, cg_status status, const char *format, ...)
{
    int code = errno;
    char what[sizeof error->message], reason[128];
    va_list ap;
    va_start(ap, format);
    vsnprintf(what, sizeof what, format, ap);
    va_end(ap);
    /* strerror may hand one buffer to all threads. */
    if (strerror_r(code, reason, sizeof reason) != 0)
        snprintf(reason, sizeof reason, "error %d of the system", code);
    return cg_fail(error, code == ENOMEM ? CG_ENOMEM : status, "%s: %s", what, reason);
}

cg_status cg_unless_nomem(cg_status status)
{
    return errno == ENOMEM ? CG_ENOMEM : status;
}
