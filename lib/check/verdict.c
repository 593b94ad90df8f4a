/* The words for verdicts and kinds of checks. */
#include <cnngraph/check.h>

const char *cg_verdict_name(cg_verdict verdict)
{
    static const char *const name[] = { "PASS", "FAIL", "KINK", "VACUOUS" };
    return name[verdict];
}

const char *cg_check_kind_name(cg_check_kind kind)
{
    static const char *const name[CG_N_CHECK_KINDS] = {
        [CG_CHECK_ELEMENTS] = "by element",
        [CG_CHECK_PROJECTED] = "projected",
        [CG_CHECK_SECOND_ELEMENTS] = "second order by element",
        [CG_CHECK_SECOND_PROJECTED] = "second order projected",
        [CG_CHECK_TIED] = "at ties",
        [CG_CHECK_KERNEL] = "kernel",
    };
    return name[kind];
}
