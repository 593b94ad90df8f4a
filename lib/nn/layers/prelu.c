/* relu with a slope that is learned: K. He et al., ICCV 2015.  x: N C ... */
#include "nn/nn.h"

#include <cnngraph/ops.h>

extern const cg_init cg_init_constant;

enum { SLOPES_ONE, SLOPES_CHANNELS };
typedef struct {
    int64_t slopes;
    cg_init_use init;
} keys;
static const cg_attr table[] = {
    CG_CHOICE(keys, slopes, "one channels", "one for all, or one a channel"),
    { .name = NULL },
};
static const cg_layer_key more[] = {
    { "init", CG_KEY_INIT, offsetof(keys, init), "of the slope; 0.25" },
    { .name = NULL },
};

/* y = x where x > 0, else weight x: at 0 the derivative is the slope, as in PyTorch. */
static cg_node *record(cg_builder *b, const void *attrs, int n, cg_node *const x[])
{
    (void)n;
    static const cg_init_use quarter = { .init = &cg_init_constant, .attrs.real = { 0.25 } };
    const keys *a = attrs;
    const cg_shape *s = cg_node_shape(x[0]);
    cg_shape slopes = CG_SHAPE(1);
    if (a->slopes == SLOPES_CHANNELS && s->rank < 2)
        return cg_layer_fail(b, "slopes", NULL, "expects channels");
    if (a->slopes == SLOPES_CHANNELS) {
        slopes = (cg_shape){ .rank = s->rank - 1, .dim = { s->dim[1] } };
        for (int i = 1; i < slopes.rank; i++) slopes.dim[i] = 1;
    }
    cg_node *w = cg_layer_parameter(b, "weight", CG_SHAPE(slopes.dim[0]),
                                    a->init.init ? &a->init : &quarter, &cg_init_constant, 1, 1);
    cg_node *zero = cg_constant(cg_node_graph(x[0]), (cg_shape){ 0 }, 0);
    return cg_where(cg_greater(x[0], zero), x[0], cg_mul(x[0], cg_reshape(w, slopes)));
}

const cg_layer cg_layer_prelu = {
    .name = "prelu",
    .help = "relu whose slope left of 0 is learned.",
    .n_inputs = 1,
    .attrs = table,
    .keys = more,
    .attrs_size = sizeof(keys),
    .record = record,
};
