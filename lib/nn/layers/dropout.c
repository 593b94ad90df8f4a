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

/* ---- spatial_dropout: J. Tompson et al., CVPR 2015 --------------------------------------------*/

/* Neighbouring pixels tell the same, so whole channels go.  x: N C ...; one draw for each N C. */
static cg_node *spatial(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    const keys *a = attrs;
    cg_shape planes = *cg_node_shape(x[0]);
    if (planes.rank < 3) return cg_layer_fail(b, NULL, "`dropout`", "expects C x H x W");
    if (!b->training || a->rate == 0) return x[0];
    for (int i = 2; i < planes.rank; i++) planes.dim[i] = 1;
    cg_node *ones = cg_constant(b->graph, planes, 1);
    return cg_mul(x[0], cg_dropout(ones, a->rate, cg_layer_stream(b)));
}

const cg_layer cg_layer_spatial_dropout = {
    .name = "spatial_dropout",
    .help = "In training sets whole channels to 0 with probability `rate` and scales the rest by 1 "
            "/ (1 - rate).",
    .n_inputs = 1,
    .attrs = table,
    .attrs_size = sizeof(keys),
    .record = spatial,
};
