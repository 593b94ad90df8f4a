libfloors_la_SOURCES += \
  %D%/attrs.c \
  %D%/gradient.c \
  %D%/graph.c %D%/graph.h \
  %D%/op.c \
  %D%/print.c \
  %D%/record.c
