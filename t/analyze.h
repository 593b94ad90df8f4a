/* Told to the analysers, which cannot know. */
#ifdef __cppcheck__

/* It reads no headers of the system: of their macros, those that look like no C. */
#define json_array_foreach(array, i, value)     for (i = 0; (value = json_array_get(array, i)); i++)
#define json_object_foreach(object, key, value) while (next(object, &key, &value))

#else

#include "config.h"

#include "base/error.h"

/* They read one file at a time: a failure is no CG_OK. */
#define cg_fail(error, status, ...)       ((cg_fail)(error, status, __VA_ARGS__), (status))
#define cg_fail_at(error, status, ...)    ((cg_fail_at)(error, status, __VA_ARGS__), (status))
#define cg_fail_errno(error, status, ...) ((cg_fail_errno)(error, status, __VA_ARGS__), (status))
#define cg_fail_nomem(error, what)        ((cg_fail_nomem)(error, what), CG_ENOMEM)

#endif
