/* Status codes: one table gives name, text and exit code. */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *text;
    int         exit_code;
} table[CG_N_STATUS] = {
    [CG_OK] = { "CG_OK", "no error", 0 },
    [CG_EINTERNAL] = { "CG_EINTERNAL", "internal error", 1 },
    [CG_EUSAGE] = { "CG_EUSAGE", "wrong use", 2 },
    [CG_ESHAPE] = { "CG_ESHAPE", "shapes do not fit", 2 },
    [CG_ENOGRAD] = { "CG_ENOGRAD", "no gradient is defined", 2 },
    [CG_EMODEL] = { "CG_EMODEL", "mistake in the model file", 3 },
    [CG_EDATA] = { "CG_EDATA", "unusable data", 4 },
    [CG_EIO] = { "CG_EIO", "cannot read or write", 4 },
    [CG_ENUMERIC] = { "CG_ENUMERIC", "not a finite number", 5 },
    [CG_ECHECK] = { "CG_ECHECK", "gradient check failed", 6 },
    [CG_ECHECKPOINT] = { "CG_ECHECKPOINT", "unusable checkpoint", 7 },
    [CG_ENOMEM] = { "CG_ENOMEM", "out of memory", 8 },
    [CG_ELIMIT] = { "CG_ELIMIT", "over a limit", 8 },
    [CG_ENOTBUILT] = { "CG_ENOTBUILT", "left out of this build", 9 },
    [CG_EREPRODUCE] = { "CG_EREPRODUCE", "not reproducible", 10 },
    [CG_EINTERRUPTED] = { "CG_EINTERRUPTED", "interrupted", 130 },
};

static bool is_known(cg_status status)
{
    return (unsigned)status < CG_N_STATUS;
}

const char *cg_status_name(cg_status status)
{
    return is_known(status) ? table[status].name : "unknown";
}

const char *cg_status_text(cg_status status)
{
    return is_known(status) ? table[status].text : "unknown status";
}

int cg_status_exit_code(cg_status status)
{
    return is_known(status) ? table[status].exit_code : 1;
}

cg_status cg_fail_va(cg_error *error, cg_status status, cg_place place, const char *format, va_list ap)
{
    if (!error) return status;
    error->status = status;
    error->line = place.line;
    error->column = place.column;
    snprintf(error->file, sizeof error->file, "%s", place.file ? place.file : "");
    vsnprintf(error->message, sizeof error->message, format, ap);
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

cg_status cg_fail_at(cg_error *error, cg_status status, cg_place place, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    cg_fail_va(error, status, place, format, ap);
    va_end(ap);
    return status;
}

cg_status cg_fail_nomem(cg_error *error, const char *what)
{
    return cg_fail(error, CG_ENOMEM, "out of memory for %s", what);
}
