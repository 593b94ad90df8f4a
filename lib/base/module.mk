libfloors_la_SOURCES += \
  %D%/cpu.c %D%/cpu.h \
  %D%/error.c %D%/error.h \
  %D%/file.c %D%/file.h \
  %D%/md5.c %D%/md5.h \
  %D%/memory.c %D%/memory.h \
  %D%/pool.c %D%/pool.h \
  %D%/rng.c %D%/rng.h \
  %D%/text.c %D%/text.h
