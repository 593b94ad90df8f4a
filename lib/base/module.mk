libfloors_la_SOURCES += \
  %D%/budget.c %D%/budget.h \
  %D%/cpu.c %D%/cpu.h \
  %D%/digest.c %D%/digest.h \
  %D%/error.c %D%/error.h \
  %D%/file.c %D%/file.h \
  %D%/memory.c %D%/memory.h \
  %D%/pool.c %D%/pool.h \
  %D%/rng.c %D%/rng.h \
  %D%/text.c %D%/text.h
