# report.c lists the figures.
libfloors_la_SOURCES += \
  %D%/drawing.h %D%/drawing.c \
  %D%/page.h %D%/page.c \
  %D%/picture.h %D%/picture.c \
  %D%/plot.h %D%/plot.c \
  %D%/raster.h %D%/raster.c \
  %D%/report.h %D%/report.c \
  %D%/style.c \
  %D%/figure/calibration.c \
  %D%/figure/classes.c \
  %D%/figure/confusion.c \
  %D%/figure/curves.c \
  %D%/figure/filters.c \
  %D%/figure/mistakes.c \
  %D%/figure/network.c \
  %D%/figure/settings.c
