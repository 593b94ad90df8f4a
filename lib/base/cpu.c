/* Choosing the instruction-set tier. */
#include "config.h"

#include "base/cpu.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[CG_N_TIERS] = { "portable", "avx2", "avx512" };

const char *cg_tier_name(cg_tier tier)
{
    return names[tier];
}

bool cg_tier_usable(cg_tier tier)
{
    switch (tier) {
    case CG_PORTABLE: return true;
    case CG_AVX2:
#ifdef HAVE_TIER_AVX2
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
        return false;
#endif
    case CG_AVX512:
#ifdef HAVE_TIER_AVX512
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
#else
        return false;
#endif
    case CG_N_TIERS: break;
    }
    return false;
}

cg_tier cg_tier_best(void)
{
    cg_tier tier = CG_N_TIERS - 1;
    while (!cg_tier_usable(tier)) tier--;
    return tier;
}

cg_status cg_tier_choose(cg_tier *tier, cg_error *error)
{
    const char *wanted = getenv("CNNGRAPH_ISA");
    *tier = cg_tier_best();
    if (!wanted || !*wanted) return CG_OK;
    for (int t = 0; t < CG_N_TIERS; t++) {
        if (strcmp(wanted, names[t]) != 0) continue;
        if (!cg_tier_usable((cg_tier)t))
            return cg_fail(error, CG_EUSAGE, "CNNGRAPH_ISA=%s: this processor or this build has no %s", wanted,
                           wanted);
        *tier = (cg_tier)t;
        return CG_OK;
    }
    return cg_fail(error, CG_EUSAGE, "CNNGRAPH_ISA=%s: must be portable, avx2 or avx512", wanted);
}

const char *cg_cpu_model(char buffer[128])
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    snprintf(buffer, 128, "unknown processor");
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon) continue;
        snprintf(buffer, 128, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    if (file) fclose(file);
    return buffer;
}
