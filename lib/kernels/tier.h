/* One source, several instruction sets: files of lib/kernels and lib/ops are compiled once for each
 * tier, with CG_TIER set to its name; the portable copy also holds what exists once.
 *
 * Headers seen by tier files define `static inline` functions only, or the linker might keep an
 * AVX-512 copy for everyone. */
#ifndef CG_KERNELS_TIER_H
#define CG_KERNELS_TIER_H

#ifndef CG_TIER
#define CG_TIER     portable
#define CG_DESCRIBE 1
#else
#define CG_DESCRIBE 0
#endif

#define CG_PASTE_(a, b) a##_##b
#define CG_PASTE(a, b)  CG_PASTE_(a, b)
#define CG_TIERED(f)    CG_PASTE(f, CG_TIER)

#endif
