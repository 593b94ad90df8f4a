#include "config.h"

#include "data/fetch.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- sets ---------------------------------------------------------------------------------- */
typedef struct {
    const char *name, *md5;
} file_sum;

typedef struct {
    const char *name, *url;
    const file_sum *files;      /* NULL-terminated */
    const char *const *members; /* what is taken out of the only file, an archive; or NULL */
} published;

/* The sums are those that the README of Fashion-MNIST and Krizhevsky's page print beside the files;
 * of MNIST those that PyTorch's torchvision checks, which the files have since 1998. */
static const file_sum mnist[] = {
    { "train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873" },
    { "train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432" },
    { "t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3" },
    { "t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c" },
    { NULL, NULL },
};
static const file_sum fashion_mnist[] = {
    { "train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d" },
    { "train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe" },
    { "t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79" },
    { "t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310" },
    { NULL, NULL },
};
static const file_sum cifar10[] = {
    { "cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530" },
    { NULL, NULL },
};
static const file_sum cifar100[] = {
    { "cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8" },
    { NULL, NULL },
};
static const char *const cifar10_members[] = { "data_batch_1.bin",
                                               "data_batch_2.bin",
                                               "data_batch_3.bin",
                                               "data_batch_4.bin",
                                               "data_batch_5.bin",
                                               "test_batch.bin",
                                               NULL };
static const char *const cifar100_members[] = { "train.bin", "test.bin", NULL };
static const published sets[] = {
    { "mnist", "https://ossci-datasets.s3.amazonaws.com/mnist", mnist, NULL },
    { "fashion-mnist", "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com", fashion_mnist,
      NULL },
    { "cifar10", "https://www.cs.toronto.edu/~kriz", cifar10, cifar10_members },
    { "cifar100", "https://www.cs.toronto.edu/~kriz", cifar100, cifar100_members },
};
enum { N_SETS = sizeof sets / sizeof *sets };

static bool has_members(cg_arena *arena, const published *set, const char *folder)
{
    for (const char *const *name = set->members; *name; name++) {
        const char *path = cg_arena_printf(arena, "%s/%s", folder, *name);
        if (!path || !cg_file_exists(path)) return false;
    }
    return true;
}

static cg_status fetch_files(cg_arena *arena, const published *set, const char *folder,
                             const char *url, const cg_fetch_progress *progress, cg_error *error)
{
    CG_TRY(cg_make_folders(folder, error));
    if (set->members && has_members(arena, set, folder)) return CG_OK;
    for (const file_sum *file = set->files; file->name; file++) {
        const char *from = cg_arena_printf(arena, "%s/%s", url, file->name);
        const char *to = cg_arena_printf(arena, "%s/%s", folder, file->name);
        if (!from || !to) return cg_fail_nomem(error, set->name);
        bool was_there = cg_file_exists(to);
        CG_TRY(cg_fetch_file(from, to, file->md5, progress, error));
        if (!set->members) continue;
        CG_TRY(cg_unpack(to, set->members, folder, error));
        if (!was_there) unlink(to);
    }
    return CG_OK;
}

cg_status cg_fetch_set(const char *name, const char *folder, const char *url,
                       const cg_fetch_progress *progress, cg_error *error)
{
    const published *set = sets;
    while (set < sets + N_SETS && strcmp(set->name, name) != 0) set++;
    if (set == sets + N_SETS)
        return cg_fail(error, CG_EUSAGE,
                       "there is no set '%s' to fetch; there are mnist, fashion-mnist, cifar10, "
                       "cifar100",
                       name);
    cg_arena *arena = cg_arena_new();
    cg_status status = arena
                           ? fetch_files(arena, set, folder, url ? url : set->url, progress, error)
                           : cg_fail_nomem(error, name);
    cg_arena_free(arena);
    return status;
}

#ifdef HAVE_CURL

#include <curl/curl.h>

/* ---- one file ------------------------------------------------------------------------------ */
/* More than any file that was published has: whoever answers may not fill the disk. */
static const curl_off_t most_bytes = (curl_off_t)1 << 30;

static cg_status read_sum(FILE *file, const char *path, char sum[CG_DIGEST_TEXT], cg_error *error)
{
    char buffer[1 << 14];
    cg_digest state;
    cg_digest_begin(&state, CG_MD5);
    for (size_t n; (n = fread(buffer, 1, sizeof buffer, file)) > 0;)
        cg_digest_add(&state, buffer, n);
    cg_digest_end(&state, sum);
    return ferror(file) ? cg_fail_errno(error, CG_EIO, "%s", path) : CG_OK;
}

/* *has: the file is there, and its sum is this. */
static cg_status compare_sum(const char *path, const char *md5, bool *has, cg_error *error)
{
    char sum[CG_DIGEST_TEXT];
    *has = false;
    FILE *file = fopen(path, "rb");
    if (!file && errno == ENOENT) return CG_OK;
    if (!file) return cg_fail_errno(error, CG_EIO, "%s", path);
    cg_status status = read_sum(file, path, sum, error);
    fclose(file);
    *has = status == CG_OK && strcmp(sum, md5) == 0;
    return status;
}

typedef struct {
    const char *name;
    const cg_fetch_progress *progress;
    int64_t before; /* bytes of an earlier attempt */
} watch;

static int show(void *context, curl_off_t total, curl_off_t done, curl_off_t to_send,
                curl_off_t sent)
{
    const watch *w = context;
    (void)to_send, (void)sent;
    if (w->progress)
        w->progress->show(w->progress->context, w->name, w->before + done,
                          total ? w->before + total : 0);
    return w->before + done > most_bytes; /* ends the transfer */
}

static CURLcode transfer(CURL *curl, const char *url, FILE *part, watch *w, char *cause)
{
    CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, url); /* texts are copied */
    if (code == CURLE_OK) code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https,file");
    if (code == CURLE_OK) code = curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    if (code != CURLE_OK) return code;
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 30L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L); /* a minute without a byte is too long */
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 60L);
    curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, most_bytes); /* where it is told before */
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, cause);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, part);
    curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)w->before);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, show);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, w);
    return curl_easy_perform(curl);
}

/* Whether what is there may be no beginning of the file: then it is fetched from its start. */
static bool is_refused(CURL *curl, CURLcode code)
{
    long answer = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
    return code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME || answer == 416;
}

/* Appends to the part what is missing of it. */
static cg_status complete(const char *url, const char *part, watch *w, cg_error *error)
{
    char cause[CURL_ERROR_SIZE] = "";
    CURL *curl = curl_easy_init();
    if (!curl) return cg_fail_nomem(error, url);
    CURLcode code = CURLE_OK;
    int reason = 0; /* of the system, why the part cannot be written */
    for (int attempt = 0; attempt < 2; attempt++) {
        struct stat st;
        w->before = attempt == 0 && stat(part, &st) == 0 ? st.st_size : 0;
        FILE *file = fopen(part, w->before ? "ab" : "wb");
        if (!file) reason = errno;
        if (!file) break;
        code = transfer(curl, url, file, w, cause);
        if (code == CURLE_WRITE_ERROR) reason = errno;
        if (fclose(file) != 0) reason = errno;
        if (code == CURLE_OK || !w->before || !is_refused(curl, code)) break;
    }
    curl_easy_cleanup(curl);
    errno = reason;
    if (reason) return cg_fail_errno(error, CG_EIO, "%s", part);
    if (code == CURLE_OK) return CG_OK;
    if (code == CURLE_OUT_OF_MEMORY) return cg_fail_nomem(error, url);
    if (code == CURLE_FILESIZE_EXCEEDED || code == CURLE_ABORTED_BY_CALLBACK) {
        unlink(part);
        return cg_fail(error, CG_EDATA, "%s: more than 1 GiB, which no published file has", url);
    }
    return cg_fail(error, CG_EIO, "%s: %s", url, cause[0] ? cause : curl_easy_strerror(code));
}

/* Nothing is read from a pipe, nor written where a link leads. */
static cg_status check_plain(const char *path, cg_error *error)
{
    CG_TRY(cg_file_check_own(path, error));
    return cg_file_is_absent(path) ? CG_OK : cg_file_check(path, error);
}

static cg_status fetch_part(const char *url, const char *part, const char *path, const char *md5,
                            watch *w, cg_error *error)
{
    bool has;
    CG_TRY(check_plain(part, error));
    CG_TRY(compare_sum(part, md5, &has, error));
    if (!has) {
        CG_TRY(complete(url, part, w, error));
        CG_TRY(compare_sum(part, md5, &has, error));
    }
    if (!has) {
        unlink(part);
        return cg_fail(error, CG_EDATA, "%s: its MD5 sum is not %s: it is another file, or damaged",
                       url, md5);
    }
    return cg_file_move(part, path, error);
}

cg_status cg_fetch_file(const char *url, const char *path, const char *md5,
                        const cg_fetch_progress *progress, cg_error *error)
{
    const char *slash = strrchr(path, '/');
    watch w = { .name = slash ? slash + 1 : path, .progress = progress };
    bool has;
    CG_TRY(compare_sum(path, md5, &has, error));
    if (has) return CG_OK;
    cg_arena *arena = cg_arena_new();
    const char *part = arena ? cg_arena_printf(arena, "%s.part", path) : NULL;
    cg_status status =
        part ? fetch_part(url, part, path, md5, &w, error) : cg_fail_nomem(error, path);
    cg_arena_free(arena);
    return status;
}

#else

cg_status cg_fetch_file(const char *url, const char *path, const char *md5,
                        const cg_fetch_progress *progress, cg_error *error)
{
    (void)path, (void)md5, (void)progress;
    return cg_fail(error, CG_ENOTBUILT, "%s: fetching is left out of this build (--with-curl)",
                   url);
}

#endif
