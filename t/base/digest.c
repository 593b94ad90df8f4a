/* Digests agree with the values that their standards print. */
#include "base/digest.h"

#include "../tap.h"

#include <string.h>

static const struct {
    const char *text, *md5, *sha256;
} known[] = {
    /* RFC 1321, appendix A.5; FIPS 180-2, appendix B */
    { "", "d41d8cd98f00b204e9800998ecf8427e",
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", "900150983cd24fb0d6963f7d28e17f72",
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "8215ef0796a20bcaaae116d3876c664a",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

int main(void)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char text[CG_DIGEST_TEXT];
        cg_digest digest;
        cg_digest_begin(&digest, CG_MD5);
        for (const char *p = known[i].text; *p; p++) cg_digest_add(&digest, p, 1);
        cg_digest_end(&digest, text);
        ok(!strcmp(text, known[i].md5), "the MD5 sum of \"%.10s\" is %s", known[i].text, text);
        cg_digest_begin(&digest, CG_SHA256);
        cg_digest_add(&digest, known[i].text, strlen(known[i].text));
        cg_digest_end(&digest, text);
        ok(!strcmp(text, known[i].sha256), "the SHA-256 sum of \"%.10s\" is %s", known[i].text,
           text);
    }
    return done_testing();
}
