/* The members. */
#include "data/augment/augment.h"

#include <string.h>

extern const cg_augment cg_augment_translate, cg_augment_rotate, cg_augment_scale, cg_augment_shear,
    cg_augment_flip, cg_augment_pad_and_crop, cg_augment_elastic, cg_augment_brightness,
    cg_augment_contrast, cg_augment_noise, cg_augment_cutout, cg_augment_mixup;
const cg_augment *const cg_augments[] = {
    &cg_augment_translate,
    &cg_augment_rotate,
    &cg_augment_scale,
    &cg_augment_shear,
    &cg_augment_flip,
    &cg_augment_pad_and_crop,
    &cg_augment_elastic,
    &cg_augment_cutout,
    &cg_augment_brightness,
    &cg_augment_contrast,
    &cg_augment_noise,
    &cg_augment_mixup,
    NULL,
};

const cg_augment *cg_augment_find(const char *name)
{
    for (const cg_augment *const *p = cg_augments; *p; p++)
        if (!strcmp((*p)->name, name)) return *p;
    return NULL;
}

bool cg_augment_mixes(const cg_data_spec *spec)
{
    for (int k = 0; k < spec->n_augments; k++)
        if (spec->augments[k].augment->share) return true;
    return false;
}
