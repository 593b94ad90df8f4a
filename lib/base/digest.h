/* Digests: SHA-256 guards what is written here, MD5 is what publishers of data sets state, against
 * accidents and not against malice. */
#ifndef CG_BASE_DIGEST_H
#define CG_BASE_DIGEST_H

#include <nettle/md5.h>
#include <nettle/sha2.h>
#include <stddef.h>

typedef enum { CG_MD5, CG_SHA256 } cg_digest_kind;

typedef struct {
    cg_digest_kind kind;
    union {
        struct md5_ctx md5;
        struct sha256_ctx sha256;
    } of;
} cg_digest;

/* Hexadecimal digits, and those of the longest digest with a NUL. */
enum { CG_MD5_DIGITS = 32, CG_SHA256_DIGITS = 64, CG_DIGEST_TEXT = CG_SHA256_DIGITS + 1 };

void cg_digest_begin(cg_digest *digest, cg_digest_kind kind);
void cg_digest_add(cg_digest *digest, const void *bytes, size_t n);
/* In lower-case hexadecimal. */
void cg_digest_end(cg_digest *digest, char text[CG_DIGEST_TEXT]);

#endif
