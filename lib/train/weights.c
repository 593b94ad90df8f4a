#include "train/weights.h"

#include "base/error.h"

#include <inttypes.h>
#include <string.h>

/* The exponent of NaN and infinity has all bits set. */
static int64_t count_nonfinite(const float *values, int64_t n)
{
    int64_t bad = 0;
    for (int64_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, values + i, sizeof bits);
        bad += (bits & 0x7f800000) == 0x7f800000;
    }
    return bad;
}

cg_status cg_weights_check(const cg_program *program, cg_error *error)
{
    static const cg_node_kind kinds[] = { CG_NODE_PARAMETER, CG_NODE_STATE };
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        int n_leaves = cg_program_leaves(program, kinds[k]);
        for (int i = 0; i < n_leaves; i++) {
            cg_leaf leaf = cg_program_leaf(program, kinds[k], i);
            int64_t n = cg_shape_size(&leaf.shape), bad = count_nonfinite(leaf.data, n);
            if (bad)
                return cg_fail(error, CG_ENUMERIC,
                               "'%s': %" PRId64 " of %" PRId64 " values are not finite", leaf.name,
                               bad, n);
        }
    }
    return CG_OK;
}
