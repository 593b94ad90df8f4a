/* Fetching, from a server of the test's own that can be made to fail. */
#include "config.h"

#include "data/fetch.h"

#include "../tap.h"

#include "base/digest.h"

#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static char folder[] = "/tmp/cnngraph-fetch-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[2][256];
    static int i;
    i = !i;
    snprintf(path[i], sizeof path[i], "%s/%s", folder, name);
    return path[i];
}

/* ---- unpacking ----------------------------------------------------------------------------- */
static void add_entry(gzFile tar, const char *name, char type, const char *contents, size_t claimed)
{
    char header[512] = "", block[512] = "";
    snprintf(header, 100, "%s", name);
    snprintf(header + 124, 12, "%011zo", claimed);
    header[156] = type;
    snprintf(block, sizeof block, "%s", contents);
    if (gzwrite(tar, header, 512) != 512 || (*contents && gzwrite(tar, block, 512) != 512)) abort();
}

static bool holds(const char *name, const char *contents)
{
    char found[64] = "";
    FILE *file = fopen(path_of(name), "r");
    size_t n = file ? fread(found, 1, sizeof found - 1, file) : 0;
    if (file) fclose(file);
    return file && n == strlen(contents) && !strcmp(found, contents);
}

static void unpacking(void)
{
    static const char *const names[] = { "a.bin", "b.bin", NULL };
    cg_error error = { 0 };
    gzFile tar = gzopen(path_of("t.tar.gz"), "wb");
    if (!tar) abort();
    add_entry(tar, "set/", '5', "", 0);
    add_entry(tar, "set/readme", '0', "hello", 5);
    add_entry(tar, "../../set/a.bin", '0', "first", 5);
    add_entry(tar, "set/b.bin", '0', "second", 6);
    if (gzclose(tar) != Z_OK) abort();
    ok(cg_unpack(path_of("t.tar.gz"), names, folder, &error) == CG_OK && holds("a.bin", "first") &&
           holds("b.bin", "second"),
       "files are taken out of an archive, whatever folders it names %s", error.message);
    ok(access(path_of("readme"), F_OK) != 0, "and others are not");
    static const char *const more[] = { "c.bin", NULL };
    ok(cg_unpack(path_of("t.tar.gz"), more, folder, &error) == CG_EDATA &&
           strstr(error.message, "1 files are missing"),
       "one that is missing is told (%s)", error.message);
    tar = gzopen(path_of("t.tar.gz"), "wb");
    if (!tar) abort();
    add_entry(tar, "c.bin", '0', "cut", 1 << 20);
    if (gzclose(tar) != Z_OK) abort();
    ok(cg_unpack(path_of("t.tar.gz"), more, folder, &error) == CG_EDATA &&
           access(path_of("c.bin"), F_OK) != 0,
       "of one that is cut short nothing is kept (%s)", error.message);
}

/* From here on files have at most so many bytes; what they had before. */
static rlim_t limit_size(rlim_t bytes)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0) abort();
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = bytes;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) abort();
    return before;
}

/* A disk that is full is no mistake of the archive. */
static void unpacking_to_a_full_disk(void)
{
    static const char *const names[] = { "large.bin", NULL };
    static const char block[512] = "x";
    cg_error error = { 0 };
    gzFile tar = gzopen(path_of("l.tar.gz"), "wb");
    if (!tar) abort();
    add_entry(tar, "large.bin", '0', "", 100 * sizeof block);
    for (int i = 0; i < 100; i++)
        if (gzwrite(tar, block, sizeof block) != sizeof block) abort();
    if (gzclose(tar) != Z_OK) abort();
    rlim_t before = limit_size(1 << 14);
    cg_status status = cg_unpack(path_of("l.tar.gz"), names, folder, &error);
    limit_size(before);
    ok(status == CG_EIO && strstr(error.message, "large.bin") &&
           access(path_of("large.bin"), F_OK) != 0,
       "what the disk has no room for is told (%s)", error.message);
}

#ifdef HAVE_CURL

/* ---- the server ---------------------------------------------------------------------------- */
enum { SIZE = 100000 };
static char contents[SIZE];

static struct {
    int socket, port, n_requests;
    bool knows_ranges;
    long from;         /* of the range that was asked for last; -1: none */
    long stop;         /* bytes after which it hangs up; 0: never */
    long long claimed; /* bytes that it tells of; 0: as many as there are */
} server;

static void send_all(int client, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(client, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes += sent;
        n -= (size_t)sent;
    }
}

static void answer(int client)
{
    char request[4096] = "", head[256];
    size_t n = 0;
    while (n < sizeof request - 1 && !strstr(request, "\r\n\r\n")) {
        ssize_t got = recv(client, request + n, sizeof request - 1 - n, 0);
        if (got <= 0) return;
        n += (size_t)got;
    }
    const char *range = strstr(request, "Range: bytes=");
    server.n_requests++;
    server.from = range ? atol(range + strlen("Range: bytes=")) : -1;
    bool is_part = range && server.knows_ranges;
    long from = is_part ? server.from : 0, end = SIZE;
    if (strstr(request, "GET /none"))
        snprintf(head, sizeof head, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), end = 0;
    else if (is_part)
        snprintf(head, sizeof head,
                 "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %ld-%d/%d\r\n"
                 "Content-Length: %ld\r\nConnection: close\r\n\r\n",
                 from, SIZE - 1, SIZE, SIZE - from);
    else
        snprintf(head, sizeof head,
                 "HTTP/1.1 200 OK\r\nContent-Length: %lld\r\nConnection: close\r\n\r\n",
                 server.claimed ? server.claimed : SIZE);
    if (server.stop && end) end = from + server.stop;
    send_all(client, head, strlen(head));
    if (end > from) send_all(client, contents + from, (size_t)(end - from));
}

static void *serve(void *unused)
{
    for (;;) {
        int client = accept(server.socket, NULL, NULL);
        if (client < 0) return unused;
        answer(client);
        close(client);
    }
}

static bool start(pthread_t *thread)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server.socket = socket(AF_INET, SOCK_STREAM, 0);
    if (server.socket < 0 || bind(server.socket, (struct sockaddr *)&address, size) != 0 ||
        listen(server.socket, 4) != 0 ||
        getsockname(server.socket, (struct sockaddr *)&address, &size) != 0)
        return false;
    server.port = ntohs(address.sin_port);
    return pthread_create(thread, NULL, serve, NULL) == 0;
}

/* ---- fetching ------------------------------------------------------------------------------ */
static char sum[CG_DIGEST_TEXT];
static int64_t shown_done, shown_total;

static void show(void *context, const char *file, int64_t done, int64_t total)
{
    (void)context, (void)file;
    shown_done = done;
    shown_total = total;
}

static cg_status fetch(const char *name, const char *md5, cg_error *error)
{
    static const cg_fetch_progress progress = { show, NULL };
    char url[128];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/%s", server.port, name);
    *error = (cg_error){ 0 };
    return cg_fetch_file(url, path_of(name), md5, &progress, error);
}

static long size_of(const char *name)
{
    struct stat st;
    return stat(path_of(name), &st) == 0 ? (long)st.st_size : -1;
}

static void fetching(void)
{
    cg_error error;
    server.knows_ranges = true;
    ok(fetch("whole", sum, &error) == CG_OK && size_of("whole") == SIZE &&
           size_of("whole.part") < 0,
       "a file is fetched, and nothing else is left %s", error.message);
    ok(shown_done == SIZE && shown_total == SIZE, "progress was shown to the end");
    int before = server.n_requests;
    ok(fetch("whole", sum, &error) == CG_OK && server.n_requests == before,
       "what is there is not asked for again");

    server.stop = 30000;
    ok(fetch("cut", sum, &error) == CG_EIO && size_of("cut") < 0 && size_of("cut.part") == 30000,
       "where the server hangs up, the part waits under a name of its own (%s)", error.message);
    server.stop = 0;
    ok(fetch("cut", sum, &error) == CG_OK && server.from == 30000 && size_of("cut") == SIZE &&
           shown_done == SIZE && shown_total == SIZE,
       "and the next attempt fetches the rest %s", error.message);

    server.stop = 30000;
    fetch("again", sum, &error);
    server.stop = 0, server.knows_ranges = false;
    ok(fetch("again", sum, &error) == CG_OK && size_of("again") == SIZE,
       "a server that knows no ranges sends it from its start %s", error.message);

    rlim_t limit = limit_size(1 << 14);
    cg_status status = fetch("large", sum, &error);
    limit_size(limit);
    ok(status == CG_EIO && strstr(error.message, "large.part: File too large"),
       "what the disk has no room for is told (%s)", error.message);
    ok(fetch("large", sum, &error) == CG_OK && size_of("large") == SIZE,
       "and fetched when there is %s", error.message);

    static const char wrong[] = "d41d8cd98f00b204e9800998ecf8427e";
    ok(fetch("wrong", wrong, &error) == CG_EDATA && strstr(error.message, wrong) &&
           size_of("wrong") < 0 && size_of("wrong.part") < 0,
       "a file of another sum is not kept (%s)", error.message);
    server.claimed = ((long long)1 << 30) + 1;
    ok(fetch("huge", sum, &error) == CG_EDATA && strstr(error.message, "1 GiB") &&
           size_of("huge.part") < 0,
       "one that would fill the disk is not begun (%s)", error.message);
    server.claimed = 0;
    ok(fetch("none", sum, &error) == CG_EIO && strstr(error.message, "404") && size_of("none") < 0,
       "one that the server has not is told (%s)", error.message);
    ok(cg_fetch_set("imagenet", folder, NULL, NULL, &error) == CG_EUSAGE,
       "an unknown set is told (%s)", error.message);
}

static void fetch_all(void)
{
    pthread_t thread;
    cg_digest md5;
    for (int i = 0; i < SIZE; i++) contents[i] = (char)(i * 7 + i / 251);
    cg_digest_begin(&md5, CG_MD5);
    cg_digest_add(&md5, contents, SIZE);
    cg_digest_end(&md5, sum);
    if (!start(&thread)) {
        skip("files are fetched", "no socket to serve them on");
        return;
    }
    fetching();
    shutdown(server.socket, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(server.socket);
}

#else

static void fetch_all(void)
{
    cg_error error = { 0 };
    ok(cg_fetch_set("mnist", folder, NULL, NULL, &error) == CG_ENOTBUILT,
       "a build without libcurl says so (%s)", error.message);
}

#endif

int main(void)
{
    if (!mkdtemp(folder)) abort();
    unsetenv("http_proxy");
    unpacking();
    unpacking_to_a_full_disk();
    fetch_all();
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return done_testing() | (system(command) != 0);
}
