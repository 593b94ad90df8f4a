/* MD5 (RFC 1321): against accidents, not against malice, for that is what data sets are published
 * with. */
#ifndef CG_BASE_MD5_H
#define CG_BASE_MD5_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint32_t state[4];
    uint64_t bytes;
    uint8_t block[64];
} cg_md5;

enum { CG_MD5_TEXT = 33 };

void cg_md5_begin(cg_md5 *md5);
void cg_md5_add(cg_md5 *md5, const void *bytes, size_t n);
/* The sum in lower-case hexadecimal. */
void cg_md5_end(cg_md5 *md5, char text[CG_MD5_TEXT]);

#endif
