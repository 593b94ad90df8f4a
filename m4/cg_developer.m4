# CG_SANITIZERS: --enable-sanitizers[=LIST] compiles and links with them; the first report ends the program.
AC_DEFUN([CG_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers@<:@=LIST@:>@], [build with sanitizers @<:@address,undefined@:>@])],
    [], [enable_sanitizers=no])
  AS_IF([test "x$enable_sanitizers" = xyes], [enable_sanitizers=address,undefined])
  AS_IF([test "x$enable_sanitizers" != xno],
    [SANITIZE_FLAGS="-fsanitize=$enable_sanitizers -fno-omit-frame-pointer -fno-sanitize-recover=all"])
  AC_SUBST([SANITIZE_FLAGS])
])

# CG_FUZZING: --enable-fuzzing, with clang, makes the programs of t/fuzz mutate what they read; see `make fuzz`.
# Before CG_SANITIZERS, which it turns on.
AC_DEFUN([CG_FUZZING], [
  AC_ARG_ENABLE([fuzzing], [AS_HELP_STRING([--enable-fuzzing], [build t/fuzz for `make fuzz` (clang)])],
    [], [enable_fuzzing=no])
  AS_IF([test "x$enable_fuzzing" != xno], [
    : ${enable_sanitizers=address,undefined,float-cast-overflow}
    FUZZ_CFLAGS="-fsanitize=fuzzer-no-link"
    FUZZ_LIBS=`$CC -print-file-name=libclang_rt.fuzzer_no_main-$host_cpu.a`
    AS_IF([test ! -f "$FUZZ_LIBS"], [AC_MSG_ERROR([--enable-fuzzing needs clang with libFuzzer: CC=clang])])
    FUZZ_LIBS="$FUZZ_LIBS -lstdc++"
    AC_DEFINE([HAVE_FUZZER], [1], [Define to 1 where libFuzzer is linked into t/fuzz.])])
  AC_SUBST([FUZZ_CFLAGS])
  AC_SUBST([FUZZ_LIBS])
])

# CG_COVERAGE: --enable-coverage instruments for gcov, one count for each line and branch of the source: nothing is inlined.
# `make coverage` builds so, runs the tests and reports.
AC_DEFUN([CG_COVERAGE], [
  AC_ARG_ENABLE([coverage], [AS_HELP_STRING([--enable-coverage], [instrument for gcov])], [], [enable_coverage=no])
  AS_IF([test "x$enable_coverage" = xyes], [COVERAGE_FLAGS="--coverage -fprofile-update=atomic -fno-inline -Dalways_inline="])
  AC_SUBST([COVERAGE_FLAGS])
])

# CG_WARNINGS: the warnings the project is free of; --enable-werror makes them errors.
AC_DEFUN([CG_WARNINGS], [
  AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [treat warnings as errors])], [], [enable_werror=no])
  AX_APPEND_COMPILE_FLAGS([-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes],
    [WARN_CFLAGS])
  AS_IF([test "x$enable_werror" = xyes], [AS_VAR_APPEND([WARN_CFLAGS], [" -Werror"])])
  AC_SUBST([WARN_CFLAGS])
])
