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
  %D%/allowed.h %D%/allowed.c \
  %D%/arrays.h %D%/arrays.c \
  %D%/choose.c \
  %D%/cifar.c \
  %D%/csv.h %D%/csv.c \
  %D%/csv_files.c \
  %D%/dataset.h %D%/dataset.c \
  %D%/digits.c \
  %D%/fetch.h %D%/fetch.c \
  %D%/folder.c \
  %D%/glyphs.c %D%/glyphs.h \
  %D%/idx.c %D%/idx.h \
  %D%/idx_files.c \
  %D%/image.c %D%/image.h \
  %D%/jpeg.c \
  %D%/kind.h \
  %D%/labels.h %D%/labels.c \
  %D%/mnist.c \
  %D%/npy.h %D%/npy.c \
  %D%/npy_files.c \
  %D%/npz_files.c \
  %D%/pgm.c \
  %D%/png.c \
  %D%/published.c \
  %D%/reader.h %D%/reader.c \
  %D%/scaling.h %D%/scaling.c \
  %D%/source.h %D%/sources.c \
  %D%/split.c %D%/split.h \
  %D%/unpack.c \
  %D%/write.h %D%/write.c \
  %D%/write_folder.c \
  %D%/zip_target.h %D%/zip_target.c
