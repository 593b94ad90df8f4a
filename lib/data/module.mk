libfloors_la_SOURCES += \
  %D%/dataset.h %D%/dataset.c \
  %D%/digits.c \
  %D%/glyphs.c %D%/glyphs.h \
  %D%/idx.c %D%/idx.h \
  %D%/idx_files.c \
  %D%/image.c %D%/image.h \
  %D%/mnist.c \
  %D%/pgm.c \
  %D%/png.c \
  %D%/reader.h %D%/reader.c \
  %D%/source.h %D%/sources.c \
  %D%/split.c %D%/split.h
