/* What layers record themselves with: parameters, states, messages, and the arithmetic of windows.
 */
#include "nn/nn.h"

#include "base/rng.h"

#include <cnngraph/ops.h>

#include <stdio.h>

extern const cg_init cg_init_constant, cg_init_ones, cg_init_zeros;

/* Notes a leaf for cg_model_init; false when out of memory. */
static cg_leaf_plan *plan_leaf(cg_builder *b, const char *name, cg_shape shape)
{
    cg_leaf_plan *leaf = cg_arena_alloc(b->arena, 1, sizeof *leaf);
    if (leaf) leaf->name = cg_arena_printf(b->arena, "%s.%s", b->name, name);
    if (!leaf || !leaf->name) {
        cg_graph_fail(b->graph, CG_ENOMEM, "a parameter of %s", b->name);
        return NULL;
    }
    leaf->shape = shape;
    if (b->last)
        b->last->next = leaf;
    else
        b->leaves = leaf;
    return b->last = leaf;
}

/* The other layer's parameter of that name, which must have the shape. */
static cg_node *shared_parameter(cg_builder *b, const char *name, const cg_shape *shape)
{
    char found[CG_SHAPE_TEXT], needed[CG_SHAPE_TEXT];
    const char *full = cg_arena_printf(b->arena, "%s.%s", b->share, name);
    if (!full) {
        cg_graph_fail(b->graph, CG_ENOMEM, "a parameter of %s", b->name);
        return NULL;
    }
    cg_node *parameter = cg_graph_find(b->graph, full);
    if (!parameter)
        return cg_layer_fail(b, "share", "share: a layer of the same kind",
                             "\"%s\" has no parameter \"%s\" to share", b->share, name);
    if (!cg_shape_equal(cg_node_shape(parameter), shape))
        return cg_layer_fail(
            b, "share", "leave `share` out, or make both layers see and give as much",
            "%s is %s, which should be %s to be shared", full,
            cg_shape_text(cg_node_shape(parameter), found), cg_shape_text(shape, needed));
    b->n_shared++;
    return parameter;
}

cg_node *cg_layer_parameter(cg_builder *b, const char *name, cg_shape shape,
                            const cg_init_use *init, const cg_init *otherwise, int64_t fan_in,
                            int64_t fan_out)
{
    if (b->share) return shared_parameter(b, name, &shape);
    cg_leaf_plan *leaf = plan_leaf(b, name, shape);
    if (!leaf) return NULL;
    if (init && init->init)
        leaf->init = *init;
    else
        cg_init_use_default(&leaf->init, otherwise);
    leaf->fan_in = fan_in;
    leaf->fan_out = fan_out;
    leaf->is_parameter = true;
    leaf->is_weight =
        otherwise != &cg_init_zeros && otherwise != &cg_init_ones && otherwise != &cg_init_constant;
    leaf->rate = b->rate;
    return b->is_frozen ? cg_state(b->graph, leaf->name, shape)
                        : cg_parameter(b->graph, leaf->name, shape);
}

cg_node *cg_layer_state(cg_builder *b, const char *name, cg_shape shape, double initial)
{
    cg_leaf_plan *leaf = plan_leaf(b, name, shape);
    if (!leaf) return NULL;
    leaf->init.init = &cg_init_constant;
    leaf->init.attrs.real[0] = initial;
    return cg_state(b->graph, leaf->name, shape);
}

int64_t cg_layer_stream(const cg_builder *b)
{
    return (int64_t)(cg_stream_key(0, b->name, 0) & 0x7fffffff);
}

cg_node *cg_layer_activation(const cg_activation_use *use, cg_node *x)
{
    return use->op ? cg_record1(use->op, &use->attrs, x) : x;
}

cg_node *cg_layer_fail(cg_builder *b, const char *key, const char *help, const char *format, ...)
{
    if (cg_graph_status(b->graph) != CG_OK) return NULL;
    char message[sizeof(cg_error){ 0 }.message];
    va_list ap;
    va_start(ap, format);
    vsnprintf(message, sizeof message, format, ap);
    va_end(ap);
    b->bad_key = key;
    b->help = help ? cg_arena_text(b->arena, help) : NULL;
    cg_graph_fail(b->graph, CG_ESHAPE, "%s", message);
    return NULL;
}

char *cg_sample_text(const cg_node *x, char buffer[CG_SHAPE_TEXT])
{
    cg_shape one = *cg_node_shape(x);
    for (int i = 1; i < one.rank; i++) one.dim[i - 1] = one.dim[i];
    if (one.rank) one.rank--;
    return cg_shape_text(&one, buffer);
}

bool cg_layer_expects_rank(cg_builder *b, const cg_node *x, int rank, const char *layout)
{
    if (cg_node_shape(x)->rank == rank) return true;
    char text[CG_SHAPE_TEXT];
    const char *help = rank == 2 ? "put `flatten` before it"
                       : rank == 4
                           ? "put it before `flatten`, or `reshape: {shape: [C, H, W]}` before it"
                           : NULL;
    cg_layer_fail(b, NULL, help, "expects %s, found %s", layout, cg_sample_text(x, text));
    return false;
}

/* ---- windows over N C H W ---------------------------------------------------------------------*/

/* TensorFlow's "same": ceil(size / stride) outputs; an odd rest of padding goes after the image. */
static void same_sides(int64_t size, int64_t kernel, int64_t stride, int64_t dilation,
                       int64_t *before, int64_t *after)
{
    int64_t outputs = (size + stride - 1) / stride;
    int64_t total = (outputs - 1) * stride + dilation * (kernel - 1) + 1 - size;
    if (total < 0) total = 0;
    *before = total / 2;
    *after = total - *before;
}

void cg_padding_sides(const cg_padding *padding, const cg_shape *x, const int64_t kernel[2],
                      const int64_t stride[2], const int64_t dilation[2], int64_t sides[4])
{
    for (int i = 0; i < 4; i++) sides[i] = padding->sides[i];
    if (!padding->same) return;
    for (int i = 0; i < 2; i++)
        same_sides(x->dim[2 + i], kernel[i], stride[i], dilation[i], &sides[i], &sides[2 + i]);
}

bool cg_layer_window_fits(cg_builder *b, const cg_shape *x, const int64_t kernel[2],
                          const int64_t dilation[2], const int64_t sides[4])
{
    int64_t room[2], extent[2], missing = 0, most = INT64_MAX;
    for (int i = 0; i < 2; i++) {
        room[i] = x->dim[2 + i] + sides[i] + sides[2 + i];
        extent[i] = dilation[i] * (kernel[i] - 1) + 1;
        if (extent[i] - room[i] > missing) missing = extent[i] - room[i];
        if ((room[i] - 1) / dilation[i] + 1 < most) most = (room[i] - 1) / dilation[i] + 1;
    }
    if (!missing) return true;
    char help[96], size[48];
    snprintf(help, sizeof help, "a kernel of at most %lld, or padding of at least %lld",
             (long long)most,
             (long long)((missing + 1) / 2 + (sides[0] < sides[1] ? sides[0] : sides[1])));
    if (kernel[0] == kernel[1])
        snprintf(size, sizeof size, "%lld", (long long)kernel[0]);
    else
        snprintf(size, sizeof size, "%lldx%lld", (long long)kernel[0], (long long)kernel[1]);
    cg_layer_fail(b, "kernel", help, "kernel %s exceeds its %s%lldx%lld input", size,
                  sides[0] | sides[1] | sides[2] | sides[3] ? "padded " : "", (long long)room[0],
                  (long long)room[1]);
    return false;
}
