# CG_FLOAT: float and double are rounded after each operation, to their own width, on every machine: FLOAT_CFLAGS.
# Compilers may otherwise fuse products with sums where the processor can, and 32-bit x86 computes in 80 bits
# (FLT_EVAL_METHOD is 2) unless it is told to use SSE2.
AC_DEFUN([CG_FLOAT], [
  AX_APPEND_COMPILE_FLAGS([-ffp-contract=off], [FLOAT_CFLAGS], [-Werror])
  AC_CACHE_CHECK([whether double is computed in double], [cg_cv_exact_double],
    [AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <float.h>]], [[int exact[FLT_EVAL_METHOD == 0 ? 1 : -1] = { 0 }; return exact[0];]])],
      [cg_cv_exact_double=yes], [cg_cv_exact_double=no])])
  AS_IF([test $cg_cv_exact_double = no],
    [AX_CHECK_COMPILE_FLAG([-msse2 -mfpmath=sse], [AS_VAR_APPEND([FLOAT_CFLAGS], [" -msse2 -mfpmath=sse"])], [], [-Werror])])
  AC_SUBST([FLOAT_CFLAGS])
])
