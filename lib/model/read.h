/* Reading values of a tree as what their key expects.
 *
 * Every function reports its mistakes and goes on; a value that is wrong leaves the field as it
 * was.  `what` names the section in messages: "train", "conv2d 'c1'". */
#ifndef CG_MODEL_READ_H
#define CG_MODEL_READ_H

#include "model/tree.h"

typedef struct {
    cg_arena *arena;
    cg_diagnostics *diagnostics;
    int n_unknown; /* words so far that nothing has as its name */
} cg_reader;

/* A mistake may be repeated a hundred thousand times, and each would be looked for among all names
 * that there are: later ones are dropped. */
enum { CG_MAX_UNKNOWN = 100 };

/* Memory of the arena; notes a failure in the diagnostics. */
void *cg_reader_alloc(cg_reader *r, size_t n, size_t size);

/* "what: key", for messages. */
const char *cg_read_within(cg_reader *r, const char *what, const char *key);

/* A list of words, for unknown ones: "did you mean". */
enum { CG_MAX_WORDS = 160 };
typedef struct {
    const char *word[CG_MAX_WORDS];
    size_t n;
} cg_words;
void cg_words_add(cg_words *words, const char *word); /* what is too much is left out */

/* Reports `found` as unknown, with the words that there are; kind: "key", "layer". */
void cg_read_unknown(cg_reader *r, const cg_tree *found, const char *what, const char *kind,
                     const cg_words *words);

/* A map, or NULL after a report, with the example as the way out (NULL: a general one). */
const cg_tree *cg_read_map(cg_reader *r, const cg_tree *tree, const char *what,
                           const char *example);

/* Single values; false after a report. */
bool cg_read_text(cg_reader *r, const cg_tree *tree, const char *what, const char **value);
bool cg_read_bool(cg_reader *r, const cg_tree *tree, const char *what, bool *value);
bool cg_read_int(cg_reader *r, const cg_tree *tree, const char *what, int64_t min, int64_t max,
                 int64_t *value);
bool cg_read_real(cg_reader *r, const cg_tree *tree, const char *what, double min, double max,
                  double *value);
/* Whole numbers: one value, or a list of at most `count` of them; *n gets how many. */
bool cg_read_ints(cg_reader *r, const cg_tree *tree, const char *what, int count, int64_t min,
                  int64_t max, int64_t values[], int *n);

/* The keys of a map after an attribute table, into the struct at `out`, which gets the defaults
 * first. Keys of `more` (NULL-terminated, or NULL) are the caller's to read; others are reported.
 * A default outside the range means that the key is required.  map NULL: all defaults; `at` is
 * where a missing key is reported. */
void cg_read_attrs(cg_reader *r, const cg_tree *map, cg_mark at, const char *what,
                   const cg_attr *attrs, const char *const more[], void *out);

#endif
