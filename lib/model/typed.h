/* A value that is a word, or {type: word, key: value, ...}. */
#ifndef CG_MODEL_TYPED_H
#define CG_MODEL_TYPED_H

#include "model/model.h"

typedef struct {
    const cg_tree *word; /* NULL after a mistake */
    const cg_tree *keys; /* or NULL              */
} cg_typed;

cg_typed cg_read_type(cg_reader *r, const cg_tree *tree, const char *what);

/* The attributes of the descriptor, in memory of the arena; NULL without any.  also: a further key,
 * the caller's to read, or NULL. */
void *cg_read_typed_attrs(cg_reader *r, cg_typed t, const char *what, const cg_attr *attrs,
                          size_t size, const char *also);

/* Reports the word as none of the list's names; kind: "type". */
#define CG_UNKNOWN_TYPE(r, word, what, kind, type, list)                                  \
    do {                                                                                  \
        cg_words names_ = { .n = 0 };                                                     \
        for (const type *const *p_ = list; *p_; p_++) cg_words_add(&names_, (*p_)->name); \
        cg_read_unknown(r, word, what, kind, &names_);                                    \
    } while (0)

#endif
