# CG_HARDENING: what turns memory errors into a clean end of the program; --disable-hardening leaves it out.
# Not with sanitizers, which look closer.  FORTIFY_SOURCE needs optimisation: it is tried with the user's CFLAGS.
AC_DEFUN([CG_HARDENING], [
  AC_ARG_ENABLE([hardening], [AS_HELP_STRING([--disable-hardening], [no stack protector, FORTIFY_SOURCE, RELRO])])
  AS_IF([test "x$enable_sanitizers" != xno], [enable_hardening=no])
  AS_IF([test "x$enable_hardening" != xno], [
    enable_hardening=yes
    AX_APPEND_COMPILE_FLAGS([-fstack-protector-strong -fstack-clash-protection -fcf-protection],
      [HARDEN_CFLAGS], [-Werror])
    AX_CHECK_COMPILE_FLAG([-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3],
      [AS_VAR_APPEND([HARDEN_CFLAGS], [" -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3"])], [], [-Werror],
      [AC_LANG_PROGRAM([[#include <stdio.h>]])])
    AX_APPEND_LINK_FLAGS([-Wl,-z,relro -Wl,-z,now], [HARDEN_LDFLAGS])
  ])
  AC_SUBST([HARDEN_CFLAGS])
  AC_SUBST([HARDEN_LDFLAGS])
])
