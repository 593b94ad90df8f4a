#include "base/digest.h"

void cg_digest_begin(cg_digest *digest, cg_digest_kind kind)
{
    digest->kind = kind;
    if (kind == CG_MD5)
        md5_init(&digest->of.md5);
    else
        sha256_init(&digest->of.sha256);
}

void cg_digest_add(cg_digest *digest, const void *bytes, size_t n)
{
    if (digest->kind == CG_MD5)
        md5_update(&digest->of.md5, n, bytes);
    else
        sha256_update(&digest->of.sha256, n, bytes);
}

void cg_digest_end(cg_digest *digest, char text[CG_DIGEST_TEXT])
{
    uint8_t bytes[SHA256_DIGEST_SIZE];
    size_t n = digest->kind == CG_MD5 ? MD5_DIGEST_SIZE : SHA256_DIGEST_SIZE;
    if (digest->kind == CG_MD5)
        md5_digest(&digest->of.md5, n, bytes);
    else
        sha256_digest(&digest->of.sha256, n, bytes);
    for (size_t i = 0; i < n; i++) {
        text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    text[2 * n] = '\0';
}
