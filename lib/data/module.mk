libfloors_la_SOURCES += \
  %D%/augment/augment.h \
  %D%/augment/augmenter.c \
  %D%/augment/augments.c \
  %D%/augment/brightness.c \
  %D%/augment/contrast.c \
  %D%/augment/cutout.c \
  %D%/augment/elastic.c \
  %D%/augment/flip.c \
  %D%/augment/mixup.c \
  %D%/augment/noise.c \
  %D%/augment/pad_and_crop.c \
  %D%/augment/rotate.c \
  %D%/augment/scale.c \
  %D%/augment/shear.c \
  %D%/augment/translate.c \
  %D%/augment/warp.c \
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
