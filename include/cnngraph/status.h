/* What went wrong, and where.
 *
 * A function that can fail returns a cg_status and, when the caller passes a cg_error, fills it
 * with a message that names the thing, what was found and what was expected.  The library never
 * prints, exits or aborts.  A cg_error owns nothing: copy it, keep it, throw it away. */
#ifndef CNNGRAPH_STATUS_H
#define CNNGRAPH_STATUS_H

#include <stddef.h>
#include <stdint.h>

/* Everything between these two is exported; the rest of the library is hidden. */
#ifdef __cplusplus
#define CG_BEGIN_API \
    extern "C" {     \
    _Pragma("GCC visibility push(default)")
#define CG_END_API                \
    _Pragma("GCC visibility pop") \
    }
#else
#define CG_BEGIN_API _Pragma("GCC visibility push(default)")
#define CG_END_API   _Pragma("GCC visibility pop")
#endif

CG_BEGIN_API

typedef enum {
    CG_OK = 0,
    CG_EINTERNAL,    /* a promise of the library itself is broken: a bug    */
    CG_EUSAGE,       /* an argument that no caller may pass                 */
    CG_ESHAPE,       /* shapes, ranks or attributes that do not fit an op   */
    CG_ENOGRAD,      /* the gradient of something that has none             */
    CG_EMODEL,       /* a mistake in a model file                           */
    CG_EDATA,        /* a data set that is absent, damaged or not as stated */
    CG_EIO,          /* the system could not read or write                  */
    CG_ENUMERIC,     /* NaN or infinity                                     */
    CG_ECHECK,       /* a gradient check failed or proved nothing           */
    CG_ECHECKPOINT,  /* a checkpoint that is damaged or of another model    */
    CG_ENOMEM,       /* out of memory                                       */
    CG_ELIMIT,       /* over a documented limit                             */
    CG_ENOTBUILT,    /* left out of this build                              */
    CG_EREPRODUCE,   /* two runs that had to agree did not                  */
    CG_EINTERRUPTED, /* stopped on request; what had to be saved is saved   */
    CG_N_STATUS
} cg_status;

/* A position in a text file, 1-based; line 0 means "no particular place". */
typedef struct {
    const char *file; /* lent, or NULL */
    int line, column;
} cg_place;

typedef struct {
    cg_status status;
    char message[512]; /* UTF-8, one line, no final stop          */
    char file[256];    /* of the place, as it is shown; empty where there is none */
    int line, column;
} cg_error;

const char *cg_status_name(cg_status status); /* "CG_ESHAPE"               */
const char *cg_status_text(cg_status status); /* "shapes do not fit"       */
int cg_status_exit_code(cg_status status);    /* of the cnngraph command   */

CG_END_API
#endif
