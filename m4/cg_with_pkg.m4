# CG_WITH_PKG(NAME, PKG-CONFIG-MODULE, WHAT-FOR)
# An optional library: used when found; --with-NAME insists on it, --without-NAME leaves it out.
# Sets HAVE_NAME (automake and config.h), NAME_CFLAGS, NAME_LIBS and $with_NAME.
AC_DEFUN([CG_WITH_PKG], [
  m4_pushdef([cg_upper], m4_toupper([$1]))
  AC_ARG_WITH([$1], [AS_HELP_STRING([--with-$1], [$3 @<:@when found@:>@])], [], [with_$1=check])
  AS_CASE([$with_$1],
    [no], [],
    [PKG_CHECK_MODULES(cg_upper, [$2], [cg_found=yes], [cg_found=no])
     AS_IF([test "$with_$1$cg_found" = yesno],
       [AC_MSG_ERROR([--with-$1 was given, but pkg-config does not find $2])])
     with_$1=$cg_found])
  AS_IF([test "x$with_$1" = xyes], [AC_DEFINE([HAVE_]cg_upper, [1], [Define to 1 for $3.])])
  AM_CONDITIONAL([HAVE_]cg_upper, [test "x$with_$1" = xyes])
  m4_popdef([cg_upper])
])
