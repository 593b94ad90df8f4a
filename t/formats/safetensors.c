/* safetensors: what is written is what the format says, reads back whole, and a damaged file is
 * refused with its name and the cause. */
#include "formats/safetensors.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include "../tap.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/cnngraph-safetensors-XXXXXX";
static char path[64];

static const float weights[6] = { 1, -2, 3.5f, 0, 1e-30f, 7 };
static const double moments[3] = { 0.1, -1e300, 2 };
static const float scalar = 0.25f;

static const cg_named_tensor tensors[] = {
    { "layer.weight", CG_F32, CG_DIMS(2, 3), weights },
    { "a.moment", CG_F64, CG_DIMS(3), moments },
    { "count", CG_F32, { .rank = 0 }, &scalar },
};
static const cg_metadata metadata[] = { { "step", "12" }, { "epoch", "3" } };

static cg_status write_file(cg_error *error)
{
    return cg_safetensors_write(path, 3, tensors, 2, metadata, error);
}

static void put(const void *bytes, size_t size)
{
    FILE *f = fopen(path, "wb");
    fwrite(bytes, 1, size, f);
    fclose(f);
}

/* ---- writing ------------------------------------------------------------------------------- */
static void test_round_trip(void)
{
    cg_error error = { 0 };
    cg_safetensors *file = NULL;
    ok(write_file(&error) == CG_OK, "three tensors are written %s", error.message);
    if (!ok(cg_safetensors_read(&file, path, &error) == CG_OK, "and read %s", error.message))
        return;
    ok(cg_safetensors_count(file) == 3, "all three");
    int same = 1;
    for (int i = 0; i < 3; i++) {
        cg_named_tensor t = cg_safetensors_tensor(file, i);
        size_t bytes = (size_t)cg_shape_size(&t.shape) * (t.dtype == CG_F64 ? 8 : 4);
        same &= strcmp(t.name, tensors[i].name) == 0 && t.dtype == tensors[i].dtype &&
                cg_shape_equal(&t.shape, &tensors[i].shape) &&
                memcmp(t.data, tensors[i].data, bytes) == 0;
    }
    ok(same, "with their order, names, types, shapes and bits");
    ok(strcmp(cg_safetensors_metadata(file, "step"), "12") == 0 &&
           strcmp(cg_safetensors_metadata(file, "epoch"), "3") == 0,
       "the metadata come back");
    ok(!cg_safetensors_metadata(file, "loss"), "a key that is not there is NULL");

    float copy[6];
    ok(cg_safetensors_copy(file, "layer.weight", CG_F32, &tensors[0].shape, copy, &error) ==
               CG_OK &&
           memcmp(copy, weights, sizeof weights) == 0,
       "a tensor is copied by name");
    ok(cg_safetensors_copy(file, "layer.bias", CG_F32, &tensors[0].shape, copy, &error) ==
               CG_ECHECKPOINT &&
           strstr(error.message, "layer.bias"),
       "an absent one is refused by name: %s", error.message);
    ok(cg_safetensors_copy(file, "layer.weight", CG_F32, &CG_SHAPE(3, 2), copy, &error) ==
               CG_ECHECKPOINT &&
           strstr(error.message, "2x3, not 3x2"),
       "so is one of another shape: %s", error.message);
    ok(cg_safetensors_copy(file, "a.moment", CG_F32, &CG_SHAPE(3), copy, &error) == CG_ECHECKPOINT,
       "so is one of another type: %s", error.message);
    cg_safetensors_free(file);
}

/* As many as a stranger's file may well have, the data in another order than the names. */
static void test_many(void)
{
    enum { N = 20000, STEP = 7919 };
    static char names[N][8];
    static cg_named_tensor many[N];
    cg_safetensors *file = NULL;
    int n_found = 0;
    for (int i = 0; i < N; i++) {
        snprintf(names[i], sizeof names[i], "t%d", (int)((int64_t)i * STEP % N));
        many[i] = (cg_named_tensor){ names[i], CG_F32, { .rank = 0 }, &scalar };
    }
    cg_error error = { 0 };
    cg_status status = cg_safetensors_write(path, N, many, 0, NULL, &error);
    if (status == CG_OK) status = cg_safetensors_read(&file, path, &error);
    for (int i = 0; file && i < N; i++) n_found += cg_safetensors_find(file, names[i]) == i;
    ok(n_found == N && cg_safetensors_find(file, "t") < 0 && cg_safetensors_find(file, "u") < 0 &&
           cg_safetensors_find(file, "") < 0,
       "each of %d tensors is found where it lies, and no other %s", n_found, error.message);
    cg_safetensors_free(file);
}

static void test_same_bytes(void)
{
    char *first, *second;
    size_t n_first, n_second;
    write_file(NULL);
    cg_file_read(path, 1 << 20, &first, &n_first, NULL);
    write_file(NULL);
    cg_file_read(path, 1 << 20, &second, &n_second, NULL);
    ok(n_first == n_second && memcmp(first, second, n_first) == 0,
       "writing again gives the same bytes");
    cg_release(first);
    cg_release(second);
}

/* The reference reader's rules, by a parser of our own: length, '{', offsets without holes that
 * cover the file. */
static void test_reference_rules(void)
{
    char *bytes;
    size_t size;
    write_file(NULL);
    cg_file_read(path, 1 << 20, &bytes, &size, NULL);
    uint64_t length = 0;
    for (int i = 7; i >= 0; i--) length = length << 8 | (unsigned char)bytes[i];
    ok(length < size && length % 8 == 0,
       "the header's length is little-endian and a multiple of 8");
    ok(bytes[8] == '{' && bytes[7 + length] == ' ' ? 1 : bytes[7 + length] == '}',
       "the header begins with a brace and ends with one or with spaces");
    json_t *header = json_loadb(bytes + 8, (size_t)length, JSON_REJECT_DUPLICATES, NULL);
    json_int_t end = 0;
    int contiguous = 1;
    for (int i = 0; i < 3; i++) {
        json_int_t from = -1, to = -1;
        json_unpack(json_object_get(header, tensors[i].name), "{s[II]}", "data_offsets", &from,
                    &to);
        contiguous &= from == end && to > from;
        end = to;
    }
    ok(contiguous && 8 + length + (uint64_t)end == size,
       "the tensors cover the data without a gap");
    static const char begin[] = "{\"__metadata__\":{\"epoch\":\"3\",\"sha256\":\"";
    static const char end_of_metadata[] = "\",\"step\":\"12\"},\"a.moment\"";
    ok(memcmp(bytes + 8, begin, sizeof begin - 1) == 0 &&
           memcmp(bytes + 8 + sizeof begin - 1 + 64, end_of_metadata, sizeof end_of_metadata - 1) ==
               0,
       "the keys are sorted, a sum among them");
    json_decref(header);
    cg_release(bytes);
}

static void test_refusals(void)
{
    cg_error error = { 0 };
    const cg_named_tensor twice[] = { tensors[0], tensors[0] };
    ok(cg_safetensors_write(path, 2, twice, 0, NULL, &error) == CG_EUSAGE, "a name twice: %s",
       error.message);
    const cg_named_tensor reserved = { "__metadata__", CG_F32, CG_DIMS(1), weights };
    ok(cg_safetensors_write(path, 1, &reserved, 0, NULL, &error) == CG_EUSAGE,
       "the reserved name: %s", error.message);
    const cg_named_tensor broken = { "\xff", CG_F32, CG_DIMS(1), weights };
    ok(cg_safetensors_write(path, 1, &broken, 0, NULL, &error) == CG_EUSAGE,
       "a name that is not UTF-8");
    ok(cg_safetensors_write("/nowhere/at/all", 1, tensors, 0, NULL, &error) == CG_EIO,
       "a folder that is not there: %s", error.message);
}

/* ---- reading what is damaged --------------------------------------------------------------- */
#define TENSOR(name, dtype, shape, offsets) \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

/* Each header comes with 8 bytes of data. */
static const struct {
    const char *what, *header, *cause;
} damages[] = {
    { "text that is not JSON", "{\"w\"", "header" },
    { "an array", "[1]", "begin with a header" },
    { "an empty header", "", "begin with a header" },
    { "text after the object", "{} {}", "header" },
    { "a duplicate tensor",
      "{" TENSOR("w", "F32", "[1]", "[0,4]") "," TENSOR("w", "F32", "[1]", "[4,8]") "}",
      "duplicate" },
    { "a tensor that is a number", "{\"w\":1}", "'w'" },
    { "no dtype", "{\"w\":{\"shape\":[2],\"data_offsets\":[0,8]}}", "no dtype" },
    { "a dtype unknown here", "{" TENSOR("w", "BF16", "[4]", "[0,8]") "}", "BF16" },
    { "no shape", "{\"w\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", "no shape" },
    { "a negative axis", "{" TENSOR("w", "F32", "[-2]", "[0,8]") "}", "axis 0" },
    { "an axis of zero", "{" TENSOR("w", "F32", "[0]", "[0,0]") "}", "axis 0" },
    { "a fractional axis", "{" TENSOR("w", "F32", "[2.0]", "[0,8]") "}", "axis 0" },
    { "too many axes", "{" TENSOR("w", "F32", "[1,1,1,1,1,1,1,1,2]", "[0,8]") "}", "9 axes" },
    { "a size that overflows",
      "{" TENSOR("w", "F32", "[4294967296,4294967296,4294967296]", "[0,8]") "}", "too large" },
    { "no offsets", "{\"w\":{\"dtype\":\"F32\",\"shape\":[2]}}", "data_offsets" },
    { "three offsets", "{" TENSOR("w", "F32", "[2]", "[0,4,8]") "}", "data_offsets" },
    { "a negative offset", "{" TENSOR("w", "F32", "[2]", "[-8,0]") "}", "-8..0" },
    { "offsets backwards", "{" TENSOR("w", "F32", "[2]", "[8,0]") "}", "8..0" },
    { "offsets beyond the file", "{" TENSOR("w", "F32", "[3]", "[0,12]") "}", "0..12 of 8" },
    { "a range that is not the shape's", "{" TENSOR("w", "F32", "[1]", "[0,8]") "}",
      "its shape 4" },
    { "tensors that overlap",
      "{" TENSOR("v", "F32", "[2]", "[0,8]") "," TENSOR("w", "F32", "[1]", "[4,8]") "}",
      "'w' begins" },
    { "a gap", "{" TENSOR("w", "F32", "[1]", "[4,8]") "}", "'w' begins" },
    { "data that belong to no tensor", "{" TENSOR("w", "F32", "[1]", "[0,4]") "}", "4 bytes" },
    { "an unknown key of a tensor",
      "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"offset\":1}}",
      "keys beside" },
    { "metadata that are no object", "{\"__metadata__\":1," TENSOR("w", "F32", "[2]", "[0,8]") "}",
      "__metadata__" },
    { "metadata that are no text",
      "{\"__metadata__\":{\"step\":1}," TENSOR("w", "F32", "[2]", "[0,8]") "}", "'step'" },
    { "a sum that is none",
      "{\"__metadata__\":{\"sha256\":\"12\"}," TENSOR("w", "F32", "[2]", "[0,8]") "}",
      "its sha256 is no sum" },
};
enum { N_DAMAGES = sizeof damages / sizeof *damages };

static size_t assemble(char *bytes, const char *header)
{
    size_t length = strlen(header);
    for (int i = 0; i < 8; i++) bytes[i] = (char)((uint64_t)length >> (8 * i) & 0xff);
    memcpy(bytes + 8, header, length);
    memset(bytes + 8 + length, 0, 8);
    return 8 + length + 8;
}

static int refused(const char *cause, cg_error *error)
{
    cg_safetensors *file = NULL;
    *error = (cg_error){ 0 };
    cg_status status = cg_safetensors_read(&file, path, error);
    cg_safetensors_free(file);
    return status == CG_ECHECKPOINT && !file && strstr(error->message, cause) &&
           strcmp(error->file, path) == 0;
}

static void test_damages(void)
{
    char bytes[512];
    cg_error error;
    cg_safetensors *file = NULL;
    put(bytes, assemble(bytes, "{" TENSOR("w", "F32", "[2]", "[0,8]") "}"));
    ok(cg_safetensors_read(&file, path, NULL) == CG_OK, "the undamaged file is fine");
    cg_safetensors_free(file);
    for (int i = 0; i < N_DAMAGES; i++) {
        put(bytes, assemble(bytes, damages[i].header));
        ok(refused(damages[i].cause, &error), "%s is refused: %s", damages[i].what, error.message);
    }
}

static void test_lengths(void)
{
    cg_error error;
    put("", 0);
    ok(refused("not a safetensors file, such as a run's best.safetensors: it is empty", &error),
       "an empty file is refused: %s", error.message);
    put("\x10\0\0\0\0\0\0", 7);
    ok(refused("does not begin with a header", &error), "7 bytes are refused: %s", error.message);
    put("# Notes: {all of them}", 22);
    ok(refused("not a safetensors file", &error) &&
           strstr(error.message, "it begins with '# Notes"),
       "a text is refused: %s", error.message);
    put("\x40\0\0\0\0\0\0\0{}", 10);
    ok(refused("ends within", &error), "a file that ends within its header is refused: %s",
       error.message);
    put("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10);
    ok(refused("beyond the limit", &error), "a huge header is refused: %s", error.message);
}

/* A writer that was killed, a disk that filled up: every shorter file is refused. */
static void test_every_truncation(void)
{
    char *bytes;
    size_t size, n_refused = 0;
    cg_error error;
    write_file(NULL);
    cg_file_read(path, 1 << 20, &bytes, &size, NULL);
    for (size_t n = 0; n < size; n++) {
        put(bytes, n);
        n_refused += refused("", &error) != 0;
    }
    ok(n_refused == size, "each of %zu truncations is refused", size);
    cg_release(bytes);
}

/* A disk or a cable that turns a bit, anywhere.  Without the name of the sum's key a file is like
 * those of other programs, which have no sum; a run is not resumed from one. */
static void test_every_bit(void)
{
    char *bytes;
    size_t size, n_tried = 0, n_refused = 0;
    cg_error error;
    write_file(NULL);
    cg_file_read(path, 1 << 20, &bytes, &size, NULL);
    size_t name = (size_t)(strstr(bytes + 8, CG_SAFETENSORS_SUM) - bytes);
    for (size_t i = 0; i < 8 * size; i++) {
        if (i / 8 >= name && i / 8 < name + strlen(CG_SAFETENSORS_SUM)) continue;
        bytes[i / 8] ^= (char)(1 << i % 8);
        put(bytes, size);
        n_tried++;
        n_refused += refused("", &error) != 0;
        bytes[i / 8] ^= (char)(1 << i % 8);
    }
    ok(n_tried > 7 * size && n_refused == n_tried, "each of %zu turned bits is refused", n_tried);
    cg_release(bytes);
}

/* A stranger's key may end in the sum's, and its text look like one. */
static void test_key_like_sum(void)
{
    static const char digits[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    static const cg_metadata keys[] = { { "a\"" CG_SAFETENSORS_SUM, digits },
                                        { "a,\"" CG_SAFETENSORS_SUM, digits },
                                        { "{\"" CG_SAFETENSORS_SUM, digits } };
    cg_error error = { 0 };
    cg_safetensors *file = NULL;
    cg_status status = cg_safetensors_write(path, 3, tensors, 3, keys, &error);
    if (status == CG_OK) status = cg_safetensors_read(&file, path, &error);
    int n_kept = 0;
    for (int i = 0; file && i < 3; i++)
        n_kept += strcmp(cg_safetensors_metadata(file, keys[i].key), digits) == 0;
    ok(status == CG_OK && n_kept == 3, "keys that end in the sum's are not taken for it %s",
       error.message);
    cg_safetensors_free(file);
}

/* The sum of a file, with zeros in the sum's place, by a program of its own. */
static void test_sum(void)
{
    static const char python[] =
        "python3 -c 'import hashlib, re, sys\n"
        "bytes = open(sys.argv[1], \"rb\").read()\n"
        "sum = re.search(b\"\\\"sha256\\\":\\\"([0-9a-f]{64})\\\"\", bytes).group(1)\n"
        "zeros = bytes.replace(sum, b\"0\" * 64)\n"
        "sys.exit(hashlib.sha256(zeros).hexdigest().encode() != sum)' %s";
    char command[sizeof python + sizeof path];
    if (system("python3 -c 'import hashlib' 2>/dev/null") != 0) {
        skip("another program finds the same sum", "no python3 here");
        return;
    }
    write_file(NULL);
    snprintf(command, sizeof command, python, path);
    ok(system(command) == 0, "another program finds the same sum");
}

/* ---- memory -------------------------------------------------------------------------------- */
static void *counted(size_t size)
{
    void *p = cg_alloc(1, size);
    if (!p) errno = ENOMEM;
    return p;
}

static cg_status write_and_read(cg_error *error)
{
    cg_safetensors *file = NULL;
    cg_status status = write_file(error);
    if (status == CG_OK) status = cg_safetensors_read(&file, path, error);
    cg_safetensors_free(file);
    return status;
}

/* Jansson's allocations fail, too; what was there before is there until it is replaced. */
static void test_no_memory(void)
{
    cg_status status = CG_ENOMEM;
    cg_error error;
    cg_safetensors *file = NULL;
    bool is_kept = true;
    int64_t n = 0;
    json_set_alloc_funcs(counted, cg_release);
    for (; status == CG_ENOMEM && n < 10000; n++) {
        error = (cg_error){ 0 };
        cg_fail_allocation_after(n);
        status = write_and_read(&error);
        cg_fail_allocation_after(-1);
        is_kept &= error.status == status && cg_safetensors_read(&file, path, NULL) == CG_OK;
        cg_safetensors_free(file);
    }
    json_set_alloc_funcs(malloc, free);
    ok(status == CG_OK && n > 50 && is_kept, "each of %d allocations may fail: %s", (int)n - 1,
       error.message);
}

/* ---- a disk that is not what it was ---------------------------------------------------------- */
#ifdef __GLIBC__
int fault; /* of the next reading: a bit is another, one of the sum that is stated, the last byte is
              missing, nothing can be read */
enum { SOUND, BIT, STATED, BYTE, UNREAD };

/* Stands in for the C library's, which is inline where it is fortified: so nothing here is static.
 */
size_t fread(void *restrict bytes, size_t size, size_t n, FILE *restrict stream)
{
    size_t got = fread_unlocked(bytes, size, n, stream);
    int now = fault;
    fault = SOUND;
    if (now == BIT && got > 0) ((unsigned char *)bytes)[size * got - 1] ^= 16;
    if (now == STATED && got > 8) {
        size_t n_header = strcspn((char *)bytes + 8, "}");
        *cg_safetensors_sum((char *)bytes + 8, n_header) ^= 1;
    }
    if (now == BYTE && got > 0) got--;
    if (now == UNREAD) got = fputc(0, stream) == EOF ? 0 : got; /* it was opened to be read */
    return got;
}

/* What was written is not what is there: the file before stays. */
static void test_bad_disk(void)
{
    static const char *const names[] = { "no fault", "another bit", "another bit of the sum",
                                         "a byte less", "an error" };
    static const char *const words[] = { "", "not written as it", "not written as it",
                                         "not written as it", "cannot read" };
    for (int f = SOUND; f <= UNREAD; f++) {
        char *before = NULL, *after = NULL;
        size_t n_before = 0, n_after = 0;
        cg_error error = { 0 };
        write_file(&error);
        cg_file_read(path, 1 << 20, &before, &n_before, NULL);
        fault = f;
        const cg_metadata other = { "step", "13" };
        cg_status status = cg_safetensors_write(path, 3, tensors, 1, &other, &error);
        fault = SOUND;
        cg_file_read(path, 1 << 20, &after, &n_after, NULL);
        bool is_kept = before && after && n_before == n_after && !memcmp(before, after, n_before);
        ok(f == SOUND ? status == CG_OK && !is_kept
                      : status == CG_EIO && is_kept && strstr(error.message, words[f]),
           "%s: %s", names[f], error.message);
        cg_release(before);
        cg_release(after);
    }
}
#else
static void test_bad_disk(void)
{
    skip("a disk that is not what it was", "this C library's reading cannot be stood in for");
}
#endif

int main(void)
{
    if (!mkdtemp(folder)) return 1;
    snprintf(path, sizeof path, "%s/f.safetensors", folder);
    test_round_trip();
    test_many();
    test_same_bytes();
    test_reference_rules();
    test_refusals();
    test_damages();
    test_lengths();
    test_every_truncation();
    test_every_bit();
    test_sum();
    test_key_like_sum();
    test_no_memory();
    test_bad_disk();
    cg_error error = { 0 };
    cg_safetensors *file = NULL;
    unlink(path);
    ok(cg_safetensors_read(&file, path, &error) == CG_EIO && !file, "an absent file: %s",
       error.message);
    rmdir(folder);
    return done_testing();
}
