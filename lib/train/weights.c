#include "train/weights.h"

#include "base/error.h"
#include "base/memory.h"
#include "train/checkpoint.h"
#include "train/update.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int cg_weights_count(const cg_program *program)
{
    return cg_program_leaves(program, CG_NODE_PARAMETER) +
           cg_program_leaves(program, CG_NODE_STATE);
}

cg_leaf cg_weights_leaf(const cg_program *program, int i)
{
    int n = cg_program_leaves(program, CG_NODE_PARAMETER);
    return i < n ? cg_program_leaf(program, CG_NODE_PARAMETER, i)
                 : cg_program_leaf(program, CG_NODE_STATE, i - n);
}

/* The exponent of NaN and infinity has all bits set. */
static int64_t count_nonfinite(const void *values, int64_t n)
{
    int64_t bad = 0;
    for (int64_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, (const char *)values + i * (int64_t)sizeof bits, sizeof bits);
        bad += (bits & 0x7f800000) == 0x7f800000;
    }
    return bad;
}

cg_status cg_values_check(const char *name, const void *values, int64_t n, cg_error *error)
{
    int64_t bad = count_nonfinite(values, n);
    if (bad == 0) return CG_OK;
    return cg_fail(error, CG_ENUMERIC, "'%s': %" PRId64 " of %" PRId64 " values are not finite",
                   name, bad, n);
}

cg_status cg_weights_check(const cg_program *program, cg_error *error)
{
    int n = cg_weights_count(program);
    for (int i = 0; i < n; i++) {
        cg_leaf leaf = cg_weights_leaf(program, i);
        CG_TRY(cg_values_check(leaf.name, leaf.data, cg_shape_size(&leaf.shape), error));
    }
    return CG_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const cg_leaf *)a)->name, ((const cg_leaf *)b)->name);
}

static void add_values(cg_digest *digest, const float *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        uint32_t bits;
        unsigned char bytes[4];
        memcpy(&bits, values + i, sizeof bits);
        for (int k = 0; k < 4; k++) bytes[k] = (unsigned char)(bits >> (8 * k));
        cg_digest_add(digest, bytes, sizeof bytes);
    }
}

/* What predictions depend on, averages in the place of weights among it. */
static bool is_of_model(const char *name)
{
    return !cg_is_training_state(name) || strcmp(name, CG_AVERAGE) == 0;
}

cg_status cg_weights_digest(const cg_program *program, char text[CG_DIGEST_TEXT], cg_error *error)
{
    int n = 0, n_all = cg_weights_count(program);
    cg_leaf *leaves = cg_alloc((size_t)n_all + 1, sizeof *leaves);
    if (!leaves) return cg_fail_nomem(error, "a digest");
    for (int i = 0; i < n_all; i++) {
        leaves[n] = cg_weights_leaf(program, i);
        n += is_of_model(leaves[n].name);
    }
    qsort(leaves, (size_t)n, sizeof *leaves, by_name);
    cg_digest digest;
    cg_digest_begin(&digest, CG_SHA256);
    for (int i = 0; i < n; i++) {
        cg_digest_add(&digest, leaves[i].name, strlen(leaves[i].name) + 1);
        add_values(&digest, leaves[i].data, cg_shape_size(&leaves[i].shape));
    }
    cg_digest_end(&digest, text);
    cg_release(leaves);
    return CG_OK;
}
