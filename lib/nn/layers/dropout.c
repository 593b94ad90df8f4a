/* Dropout: N. Srivastava et al., JMLR 15, 2014, scaled in training so that evaluation does nothing.
 */
#include "nn/nn.h"

#include <cnngraph/ops.h>

typedef struct {
    double rate;
} keys;
static const cg_attr table[] = {
    CG_REAL(keys, rate, 0.5, 0, 0.999, "share of the values that become 0"),
    { .name = NULL },
};

static cg_node *record(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    const keys *a = attrs;
    if (!b->training || a->rate == 0) return x[0];
    return cg_dropout(x[0], a->rate, cg_layer_stream(b));
}

const cg_layer cg_layer_dropout = {
    .name = "dropout",
    .help = "In training sets values to 0 with probability `rate` and scales the rest by 1 / (1 - "
            "rate).",
    .n_inputs = 1,
    .attrs = table,
    .attrs_size = sizeof(keys),
    .record = record,
};
