#include "config.h"

#include "base/cpu.h"
#include "base/error.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const tier_names[CG_N_TIERS] = {
    [CG_PORTABLE] = "portable",
    [CG_AVX2] = "avx2",
    [CG_AVX512] = "avx512",
};

const char *cg_tier_name(cg_tier tier)
{
    return (unsigned)tier < CG_N_TIERS ? tier_names[tier] : "unknown";
}

/* The features are those that configure.ac compiles the tier for. */
bool cg_tier_usable(cg_tier tier)
{
    switch (tier) {
    case CG_PORTABLE:
        return true;
#ifdef HAVE_TIER_AVX2
    case CG_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
#ifdef HAVE_TIER_AVX512
    case CG_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("fma");
#endif
    default:
        return false;
    }
}

cg_tier cg_tier_best(void)
{
    int tier = CG_N_TIERS - 1;
    while (!cg_tier_usable((cg_tier)tier)) tier--;
    return (cg_tier)tier;
}

cg_status cg_tier_choose(cg_tier *tier, cg_error *error)
{
    const char *wanted = getenv("CNNGRAPH_ISA");
    *tier = cg_tier_best();
    if (!wanted || !*wanted) return CG_OK;
    for (int i = 0; i < CG_N_TIERS; i++) {
        if (strcmp(wanted, tier_names[i]) != 0) continue;
        if (!cg_tier_usable((cg_tier)i))
            return cg_fail(error, CG_EUSAGE,
                           "instruction set %s (CNNGRAPH_ISA, --isa): not built in, or this "
                           "processor cannot run it "
                           "(the best is %s)",
                           tier_names[i], cg_tier_name(*tier));
        *tier = (cg_tier)i;
        return CG_OK;
    }
    return cg_fail(
        error, CG_EUSAGE,
        "unknown instruction set (CNNGRAPH_ISA, --isa): it may be portable, avx2 or avx512");
}

/* "model name\t: Intel(R) Xeon(R) ..." of the first processor, which stands at the beginning.  A
 * stream would want memory. */
const char *cg_cpu_model(char buffer[128])
{
    char text[2048];
    int file = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
    ssize_t n = file < 0 ? 0 : read(file, text, sizeof text - 1);
    if (file >= 0) close(file);
    text[n > 0 ? n : 0] = '\0';
    const char *name = strstr(text, "model name");
    const char *colon = name ? strstr(name, ": ") : NULL;
    if (colon)
        snprintf(buffer, 128, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
    else
        snprintf(buffer, 128, "unknown processor");
    return buffer;
}
