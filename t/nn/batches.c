/* Every layer within a network, trained and evaluated: float32 through all passes against float64,
 * which runs the references as they were recorded, on batches that lie in the lanes of vectors and
 * one that does not. */
#include "recorded.h"

#include "../tap.h"

#include "base/cpu.h"
#include "base/rng.h"
#include "nn/nn.h"

#include <math.h>

enum { MAX_WRT = 40 };

#define GATE                                                                                     \
    "identity: {name: in}\n    - global_avgpool\n    - dense: {units: 4, activation: sigmoid}\n" \
    "    - reshape: {name: gate, shape: [4, 1, 1]}\n"
/* Each between two convolutions, the first without a bias, which a normalisation would leave
 * without an effect; 4 channels of 7 x 6. */
static const char *const layers[] = {
    "conv2d: {filters: 3, kernel: [3, 2], flip: true, padding: 1, activation: tanh}",
    "conv2d: {name: a, filters: 4, kernel: 3, padding: 1, bias: untied}\n    - tanh\n"
    "    - conv2d: {share: a, filters: 4, kernel: 3, padding: 1, bias: none}",
    "conv_transpose2d: {filters: 3, kernel: 2, stride: 2}",
    "depthwise_conv2d: {kernel: 3, multiplier: 2, padding: same}",
    "depthwise_conv2d: {kernel: [2, 3], stride: 2, padding_mode: replicate, padding: 1}",
    "separable_conv2d: {filters: 5, kernel: 3, padding: same, activation: sigmoid}",
    "maxpool2d: {kernel: 2}",
    "avgpool2d: {kernel: 3, stride: 2, padding: 1}",
    "adaptive_maxpool2d: {size: [3, 2]}",
    "adaptive_maxpool2d: {size: [4, 5]}",
    "adaptive_avgpool2d: {size: [3, 4]}",
    "adaptive_avgpool2d: {size: [9, 3]}",
    GATE "    - mul: {from: [in, gate]}",
    "identity: {name: in}\n    - global_maxpool\n    - reshape: {name: top, shape: [4, 1, 1]}\n"
    "    - mul: {from: [top, in]}",
    "upsample2d: {scale: [2, 3]}",
    "upsample2d: {scale: [3, 2], mode: bilinear}",
    "pixel_shuffle: {factor: 2}",
    "batch_norm",
    "layer_norm",
    "group_norm: {groups: 2}",
    "instance_norm",
    "instance_norm: {affine: false}",
    "prelu",
    "prelu: {slopes: channels}",
    "dropout",
    "spatial_dropout: {rate: 0.4}",
    "pad: {sides: [1, 0, 2, 1], mode: replicate}",
    "identity: {name: in}\n    - conv2d: {name: b, filters: 4, kernel: 1}\n"
    "    - add: {from: [in, b]}\n    - maximum: {from: [add_1, in]}\n"
    "    - concat: {from: [maximum_1, in, b]}",
    "residual: {body: [depthwise_conv2d: {kernel: 3, padding: 1}, tanh]}",
    "flatten\n    - dense: {units: 18}\n    - group_norm: {groups: 3}\n    - prelu: {slopes: "
    "channels}"
    "\n    - reshape: {shape: [2, 3, 3]}",
};

/* Takes whole numbers; nothing to convolve before it. */
static const char *const apart[] = { "embedding" };

static bool is_told(const char *name)
{
    char word[64];
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++)
        if (!strcmp(apart[i], name)) return true;
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        snprintf(word, sizeof word, " %s", name);
        if (strstr(layers[i], word) || !strncmp(layers[i], name, strlen(name))) return true;
        snprintf(word, sizeof word, "[%s", name);
        if (strstr(layers[i], word)) return true;
    }
    return false;
}

static double drawn(cg_rng *rng, const char *name)
{
    return !strcmp(name, "labels") ? (double)cg_rng_below(rng, 3) : cg_rng_normal(rng) * 0.5;
}

static void fill(cg_program *p, cg_dtype dtype)
{
    cg_node_kind kinds[] = { CG_NODE_INPUT, CG_NODE_PARAMETER };
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < cg_program_leaves(p, kinds[k]); i++) {
            cg_leaf leaf = cg_program_leaf(p, kinds[k], i);
            cg_rng rng = cg_rng_new(5, leaf.name, 0);
            for (int64_t j = 0; j < cg_shape_size(&leaf.shape); j++) {
                float v = (float)drawn(&rng, leaf.name);
                if (dtype == CG_F64)
                    ((double *)leaf.data)[j] = (double)v;
                else
                    ((float *)leaf.data)[j] = v;
            }
        }
}

/* The largest difference, of the largest value. */
static double difference(cg_program *wide, cg_program *narrow, const cg_node *node)
{
    const double *a = cg_data_f64(wide, node);
    const float *b = cg_data_f32(narrow, node);
    double worst = 0, most = 1e-3;
    for (int64_t i = 0; i < cg_shape_size(cg_node_shape(node)); i++) {
        double d = fabs(a[i] - (double)b[i]);
        if (!(d <= worst)) worst = isnan(d) ? INFINITY : d;
        most = fmax(most, fabs(a[i]));
    }
    return worst / most;
}

/* The loss and the logits; in training the gradients of x and all parameters. */
static int record_all(recorded *m, cg_mode mode, cg_node *out[MAX_WRT + 2])
{
    cg_node *wrt[MAX_WRT] = { m->r.x };
    int n = 1;
    for (int i = 0; i < cg_graph_size(m->graph) && n < MAX_WRT; i++) {
        cg_node *node = cg_graph_node(m->graph, i);
        if (cg_node_kind_of(node) == CG_NODE_PARAMETER) wrt[n++] = node;
    }
    out[0] = m->r.loss;
    out[1] = m->r.y;
    if (mode == CG_EVALUATION) return 2;
    return cg_gradient(m->r.loss, NULL, n, wrt, out + 2) == CG_OK ? n + 2 : 0;
}

static double compare(const char *text, cg_mode mode, int64_t batch, const char *isa)
{
    char around[2000];
    recorded m;
    cg_node *out[MAX_WRT + 2];
    cg_program *wide = NULL, *narrow = NULL;
    double worst = INFINITY;
    snprintf(around, sizeof around,
             "conv2d: {name: c1, filters: 4, kernel: 2, bias: none}\n    - %s\n"
             "    - conv2d: {name: c2, filters: 3, kernel: 2, activation: tanh}",
             text);
    bool is_recorded = record_layers(&m, "[2, 8, 7]", around, mode, batch);
    int n = is_recorded ? record_all(&m, mode, out) : 0;
    cg_compile_options f64 = { .dtype = CG_F64 },
                       f32 = { .isa = isa, .is_frozen = mode == CG_EVALUATION };
    if (n && cg_compile(&wide, m.graph, n, out, &f64, NULL) == CG_OK &&
        cg_compile(&narrow, m.graph, n, out, &f32, NULL) == CG_OK) {
        fill(wide, CG_F64);
        fill(narrow, CG_F32);
        worst = cg_run(wide, 3, 7) == CG_OK && cg_run(narrow, 3, 7) == CG_OK ? 0 : INFINITY;
        for (int i = 0; i < n; i++) {
            double d = difference(wide, narrow, out[i]);
            if (!(d <= worst)) worst = isnan(d) ? INFINITY : d;
        }
    }
    cg_program_free(wide);
    cg_program_free(narrow);
    recorded_free(&m);
    return worst;
}

int main(void)
{
    for (const cg_layer *const *l = cg_layers; *l; l++)
        ok(is_told((*l)->name), "%s is among the layers tried here", (*l)->name);
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        for (int64_t batch = 5; batch <= 64; batch = batch == 5 ? 16 : 4 * batch)
            for (int tier = 0; tier < CG_N_TIERS; tier++) {
                if (!cg_tier_usable((cg_tier)tier)) continue;
                const char *isa = cg_tier_name((cg_tier)tier);
                double d = fmax(compare(layers[i], CG_TRAINING, batch, isa),
                                compare(layers[i], CG_EVALUATION, batch, isa));
                ok(d <= 1e-4, "%.*s, %d images, %s: as in float64", (int)strcspn(layers[i], "\n"),
                   layers[i], (int)batch, isa);
                if (!(d <= 1e-4)) printf("# difference %g\n", d);
            }
    return done_testing();
}
