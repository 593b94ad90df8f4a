libfloors_la_SOURCES += \
  %D%/optim.h %D%/optim.c \
  %D%/clip.c \
  %D%/sgd.c %D%/adam.c %D%/adam.h %D%/adamw.c \
  %D%/schedule/constant.c %D%/schedule/step.c %D%/schedule/cosine.c
