# One descriptor a layer, initialiser, loss and metric; lists.c names them all.
libfloors_la_SOURCES += \
  %D%/builder.c \
  %D%/lists.c \
  %D%/nn.h \
  %D%/init/fan.c \
  %D%/init/plain.c \
  %D%/init/use.c \
  %D%/layers/adaptive_pool2d.c \
  %D%/layers/conv.h \
  %D%/layers/conv2d.c \
  %D%/layers/dense.c \
  %D%/layers/depthwise.c \
  %D%/layers/dropout.c \
  %D%/layers/embedding.c \
  %D%/layers/group_norm.c \
  %D%/layers/join.c \
  %D%/layers/norm.c \
  %D%/layers/pool2d.c \
  %D%/layers/prelu.c \
  %D%/layers/shape.c \
  %D%/layers/upsample2d.c \
  %D%/loss/focal.c \
  %D%/loss/losses.c \
  %D%/loss/probability.c \
  %D%/loss/weights.c \
  %D%/metric/marks.c \
  %D%/metric/metrics.c \
  %D%/metric/tally.c \
  %D%/metric/values.c
