/* The members of this floor, one list a kind. */
#include "nn/nn.h"

#include <string.h>

extern const cg_init cg_init_zeros, cg_init_ones, cg_init_constant, cg_init_uniform, cg_init_normal,
    cg_init_fan_in_uniform, cg_init_lecun_uniform, cg_init_lecun_normal, cg_init_he_uniform,
    cg_init_he_normal, cg_init_xavier_uniform, cg_init_xavier_normal, cg_init_glorot_uniform,
    cg_init_glorot_normal;
const cg_init *const cg_inits[] = {
    &cg_init_zeros,          &cg_init_ones,           &cg_init_constant,
    &cg_init_uniform,        &cg_init_normal,         &cg_init_fan_in_uniform,
    &cg_init_lecun_uniform,  &cg_init_lecun_normal,   &cg_init_he_uniform,
    &cg_init_he_normal,      &cg_init_xavier_uniform, &cg_init_xavier_normal,
    &cg_init_glorot_uniform, &cg_init_glorot_normal,  NULL
};

extern const cg_layer cg_layer_conv2d, cg_layer_conv_transpose2d, cg_layer_depthwise_conv2d,
    cg_layer_separable_conv2d, cg_layer_dense, cg_layer_maxpool2d, cg_layer_avgpool2d,
    cg_layer_adaptive_maxpool2d, cg_layer_adaptive_avgpool2d, cg_layer_global_avgpool,
    cg_layer_global_maxpool, cg_layer_upsample2d, cg_layer_pixel_shuffle, cg_layer_batch_norm,
    cg_layer_layer_norm, cg_layer_group_norm, cg_layer_instance_norm, cg_layer_prelu,
    cg_layer_dropout, cg_layer_spatial_dropout, cg_layer_flatten, cg_layer_reshape,
    cg_layer_identity, cg_layer_pad, cg_layer_embedding, cg_layer_add, cg_layer_mul,
    cg_layer_maximum, cg_layer_concat, cg_layer_residual;
const cg_layer *const cg_layers[] = { &cg_layer_conv2d,
                                      &cg_layer_conv_transpose2d,
                                      &cg_layer_depthwise_conv2d,
                                      &cg_layer_separable_conv2d,
                                      &cg_layer_dense,
                                      &cg_layer_maxpool2d,
                                      &cg_layer_avgpool2d,
                                      &cg_layer_adaptive_maxpool2d,
                                      &cg_layer_adaptive_avgpool2d,
                                      &cg_layer_global_avgpool,
                                      &cg_layer_global_maxpool,
                                      &cg_layer_upsample2d,
                                      &cg_layer_pixel_shuffle,
                                      &cg_layer_batch_norm,
                                      &cg_layer_layer_norm,
                                      &cg_layer_group_norm,
                                      &cg_layer_instance_norm,
                                      &cg_layer_prelu,
                                      &cg_layer_dropout,
                                      &cg_layer_spatial_dropout,
                                      &cg_layer_flatten,
                                      &cg_layer_reshape,
                                      &cg_layer_identity,
                                      &cg_layer_pad,
                                      &cg_layer_embedding,
                                      &cg_layer_add,
                                      &cg_layer_mul,
                                      &cg_layer_maximum,
                                      &cg_layer_concat,
                                      &cg_layer_residual,
                                      NULL };

extern const cg_loss cg_loss_cce, cg_loss_cross_entropy, cg_loss_bce, cg_loss_bce_with_logits,
    cg_loss_mse, cg_loss_mae, cg_loss_huber, cg_loss_hinge, cg_loss_kl, cg_loss_focal,
    cg_loss_binary_focal;
const cg_loss *const cg_losses[] = {
    &cg_loss_cce, &cg_loss_cross_entropy, &cg_loss_bce,          &cg_loss_bce_with_logits,
    &cg_loss_mse, &cg_loss_mae,           &cg_loss_huber,        &cg_loss_hinge,
    &cg_loss_kl,  &cg_loss_focal,         &cg_loss_binary_focal, NULL
};

extern const cg_metric cg_metric_loss, cg_metric_accuracy, cg_metric_top2, cg_metric_top3,
    cg_metric_top4, cg_metric_top5, cg_metric_precision, cg_metric_recall, cg_metric_f1,
    cg_metric_mae, cg_metric_rmse, cg_metric_r2, cg_metric_hits, cg_metric_exact, cg_metric_mark_f1;
const cg_metric *const cg_metrics[] = {
    &cg_metric_loss, &cg_metric_accuracy, &cg_metric_top2,      &cg_metric_top3,
    &cg_metric_top4, &cg_metric_top5,     &cg_metric_precision, &cg_metric_recall,
    &cg_metric_f1,   &cg_metric_mae,      &cg_metric_rmse,      &cg_metric_r2,
    &cg_metric_hits, &cg_metric_exact,    &cg_metric_mark_f1,   NULL
};

#define FIND(type, list)                              \
    const type *type##_find(const char *name)         \
    {                                                 \
        for (const type *const *p = list; *p; p++)    \
            if (!strcmp((*p)->name, name)) return *p; \
        return NULL;                                  \
    }
FIND(cg_init, cg_inits)
FIND(cg_layer, cg_layers)
FIND(cg_loss, cg_losses)
FIND(cg_metric, cg_metrics)
