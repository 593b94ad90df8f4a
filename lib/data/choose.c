/* Which source serves: the one that is asked for or, where that is not on this machine, the
 * fallback. */
#include "data/source.h"

#include "base/error.h"
#include "data/allowed.h"

static cg_status find_source(const cg_source **source, const char *name, bool is_format,
                             cg_error *error)
{
    char names[256];
    *source = cg_source_find(name, is_format);
    return *source ? CG_OK
                   : cg_fail(error, CG_EDATA, "there is no %s '%s'; there are %s",
                             is_format ? "format" : "data set", name,
                             cg_source_names(is_format, names));
}

/* Files are the user's own: that one is missing is a mistake, never a reason to fall back. */
static cg_status check_files(const cg_data_spec *spec, const bool needed[], cg_error *error)
{
    for (int i = 0; i < CG_N_PARTS; i++)
        if (needed[i] && !spec->images[i])
            return cg_fail(error, CG_EDATA, "no file is given for the part '%s'", cg_part_names[i]);
    return cg_check_allowed(spec, needed, error);
}

static bool has_parts(const cg_source *source, const cg_data_spec *spec, const bool needed[],
                      char where[256])
{
    for (int i = 0; i < CG_N_PARTS; i++)
        if (needed[i] && source->has && !source->has(spec, i, where)) return false;
    return true;
}

/* Can the drawn digits stand in for it? */
static bool is_like_digits(const cg_source *source)
{
    return cg_shape_equal(&source->kind.shape, &cg_source_find("digits", false)->kind.shape);
}

cg_status cg_source_choose(const cg_source **source, const char **used, const cg_data_spec *spec,
                           const bool needed[CG_N_PARTS], cg_error *error)
{
    char where[256];
    *used = spec->source ? spec->source : spec->format ? spec->format : "idx";
    CG_TRY(find_source(source, *used, !spec->source, error));
    if (!spec->source) return check_files(spec, needed, error);
    if (has_parts(*source, spec, needed, where)) return CG_OK;
    if (!spec->fallback)
        return cg_fail(error, CG_EDATA,
                       "data set '%s' is not on this machine: %s; 'cnngraph data fetch %s' gets "
                       "it%s",
                       *used, where, *used,
                       is_like_digits(*source) ? ", 'fallback: digits' would do without" : "");
    *used = spec->fallback;
    CG_TRY(find_source(source, *used, false, error));
    if (has_parts(*source, spec, needed, where)) return CG_OK;
    return cg_fail(error, CG_EDATA, "neither '%s' nor its fallback '%s' is on this machine: %s",
                   spec->source, *used, where);
}
