# CG_TIER(NAME, FLAGS)
# Compile lib/kernels and lib/ops once more with FLAGS, when the compiler takes them and
# --disable-NAME was not given.  Sets TIER_NAME (automake), HAVE_TIER_NAME (config.h), NAME_CFLAGS.
AC_DEFUN([CG_TIER], [
  m4_pushdef([cg_upper], m4_toupper([$1]))
  AC_ARG_ENABLE([$1], [AS_HELP_STRING([--disable-$1], [leave out the kernels for $1])])
  AS_IF([test "x$enable_$1" != xno],
    [AX_CHECK_COMPILE_FLAG([$2], [enable_$1=yes], [enable_$1=no], [-Werror])])
  AS_IF([test "x$enable_$1" = xyes], [
    AS_VAR_APPEND([cg_tiers], [" $1"])
    AC_DEFINE([HAVE_TIER_]cg_upper, [1], [Define to 1 where the kernels for $1 are built.])])
  AC_SUBST(cg_upper[_CFLAGS], ["$2"])
  AM_CONDITIONAL([TIER_]cg_upper, [test "x$enable_$1" = xyes])
  m4_popdef([cg_upper])
])
