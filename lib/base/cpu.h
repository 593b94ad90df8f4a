/* Which instruction-set tier the kernels run on. */
#ifndef CG_BASE_CPU_H
#define CG_BASE_CPU_H

#include <cnngraph/tensor.h>

cg_tier cg_tier_best(void); /* the best that is built and that this processor can run */
const char *cg_tier_name(cg_tier tier);
bool cg_tier_usable(cg_tier tier);

/* The tier to use: CNNGRAPH_ISA=portable|avx2|avx512 lowers it.  A name that is unknown or that
 * this processor cannot run is CG_EUSAGE.  Read anew at each call: no state is kept. */
cg_status cg_tier_choose(cg_tier *tier, cg_error *error);

const char *cg_cpu_model(char buffer[128]); /* "Intel(R) Xeon(R) ...", or "unknown processor" */

#endif
