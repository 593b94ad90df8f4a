# The tests under another watch, each in a build of its own below check-NAME/; t/watch says how.
#   check-asan check-ubsan check-tsan  the compiler's sanitizers: addresses and leaks, undefined behaviour, races
#   check-msan                         clang's, of uninitialised memory
#   check-valgrind                     the test programs under valgrind
#   check-32                           for 32-bit x86
#   check-aarch64 check-s390x          for machines that qemu emulates; s390x is big-endian
#   check-coverage                     gcov's counts of lines and branches; fails below the bar of t/coverage.py
# and, of the sources alone:
#   check-analyzer                     cppcheck, clang-tidy and gcc -fanalyzer
EXTRA_DIST += t/watch t/coverage.py t/analyze t/analyze.h .clang-tidy
watches = check-asan check-ubsan check-tsan check-msan check-valgrind check-32 check-aarch64 check-s390x \
  check-coverage

# The sources are copied: a checkout that was configured in itself cannot be configured from elsewhere.
$(watches):
	rm -rf $@ && mkdir $@ && $(MAKE) distdir distdir=$@/source && mkdir $@/build
	cd $@/build && MAKE='$(MAKE)' $(SHELL) ../source/t/watch $@ $(check_PROGRAMS)
check-analyzer: $(BUILT_SOURCES)
	$(SHELL) $(srcdir)/t/analyze $(srcdir) $(DEFS) $(DEFAULT_INCLUDES) $(AM_CPPFLAGS) $(CPPFLAGS) $(PACKAGE_CFLAGS)
clean-local:
	rm -rf $(watches)
coverage: check-coverage
.PHONY: $(watches) coverage check-analyzer
