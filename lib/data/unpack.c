/* Taking files out of a tar archive in gzip (POSIX ustar): blocks of 512 bytes, a header with name,
 * size in octal and type before the contents of each file, zeros at the end. */
#include "data/fetch.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <string.h>
#include <zlib.h>

enum { BLOCK = 512, NAME = 100, SIZE_AT = 124, SIZE = 12, TYPE_AT = 156, MAX_NAMES = 64 };
static const int64_t max_bytes = INT64_C(1) << 30; /* of a file that is taken out */

static bool read_block(gzFile tar, uint8_t block[BLOCK])
{
    return gzread(tar, block, BLOCK) == BLOCK;
}

/* -1: no number. */
static int64_t octal(const uint8_t *digits, int n)
{
    int64_t value = 0;
    for (int i = 0; i < n && digits[i] && digits[i] != ' '; i++) {
        if (digits[i] < '0' || digits[i] > '7') return -1;
        value = value * 8 + digits[i] - '0';
    }
    return value;
}

/* The number of its name, without folders, among those that are wanted, or -1. */
static int find_wanted(const uint8_t header[BLOCK], const char *const names[])
{
    char name[NAME + 1] = "";
    memcpy(name, header, NAME);
    const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
    bool is_file = header[TYPE_AT] == '0' || header[TYPE_AT] == '\0';
    for (int i = 0; is_file && names[i]; i++)
        if (!strcmp(base, names[i])) return i;
    return -1;
}

/* To a stream, or past them (NULL); false: there are not as many.  That the stream could not take
 * them is told where it is committed. */
static bool copy_contents(gzFile tar, int64_t size, FILE *stream)
{
    uint8_t block[BLOCK];
    for (; size > 0; size -= BLOCK) {
        if (!read_block(tar, block)) return false;
        size_t n = size < BLOCK ? (size_t)size : BLOCK;
        if (stream && fwrite(block, 1, n, stream) != n) break;
    }
    return true;
}

/* Of an archive that could not be read on: the system's reason or what is wrong with it. */
static cg_status fail_read(gzFile tar, const char *archive, const char *wrong, cg_error *error)
{
    int code;
    (void)gzerror(tar, &code);
    if (code == Z_ERRNO) return cg_fail_errno(error, CG_EIO, "%s", archive);
    if (code == Z_MEM_ERROR) return cg_fail_nomem(error, archive);
    return cg_fail(error, CG_EDATA, "%s: %s", archive, wrong);
}

static cg_status take_out(gzFile tar, const char *archive, int64_t size, const char *path,
                          cg_error *error)
{
    cg_replace file;
    CG_TRY(cg_replace_open(&file, path, error));
    if (copy_contents(tar, size, file.stream)) return cg_replace_commit(&file, error);
    cg_status status = fail_read(tar, archive, "ends within a file, or is damaged", error);
    cg_replace_abort(&file);
    return status;
}

cg_status cg_unpack(const char *archive, const char *const names[], const char *folder,
                    cg_error *error)
{
    uint8_t header[BLOCK];
    char path[4096];
    int n = 0, missing;
    bool has[MAX_NAMES] = { false };
    while (names[n]) n++;
    if (n > MAX_NAMES) return cg_fail(error, CG_EUSAGE, "more than %d files are wanted", MAX_NAMES);
    missing = n;
    gzFile tar = gzopen(archive, "rb");
    if (!tar) return cg_fail_errno(error, CG_EIO, "%s", archive);
    cg_status status = CG_OK;
    while (status == CG_OK && missing && read_block(tar, header) && header[0]) {
        int64_t size = octal(header + SIZE_AT, SIZE);
        int i = find_wanted(header, names);
        if (i >= 0 && snprintf(path, sizeof path, "%s/%s", folder, names[i]) >= (int)sizeof path)
            status = cg_fail(error, CG_ELIMIT, "%s: too long a path", folder);
        else if (i >= 0 && size > max_bytes)
            status = cg_fail(error, CG_ELIMIT, "%s: %s has %lld bytes", archive, names[i],
                             (long long)size);
        else if (size < 0 || (i < 0 && !copy_contents(tar, size, NULL)))
            status = fail_read(tar, archive, "no archive of tar, or damaged", error);
        else if (i >= 0)
            status = take_out(tar, archive, size, path, error);
        missing -= i >= 0 && !has[i];
        if (i >= 0) has[i] = true;
    }
    if (status == CG_OK && missing) {
        snprintf(path, sizeof path, "%d files are missing in it", missing);
        status = fail_read(tar, archive, path, error);
    }
    gzclose_r(tar);
    return status;
}
