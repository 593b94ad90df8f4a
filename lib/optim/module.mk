libfloors_la_SOURCES += \
  %D%/optim.h %D%/optim.c \
  %D%/clip.c %D%/decay.c %D%/parts.c \
  %D%/sgd.c %D%/adagrad.c %D%/rmsprop.c %D%/adadelta.c \
  %D%/adam.c %D%/adamax.c %D%/nadam.c %D%/radam.c %D%/lion.c \
  %D%/schedule/constant.c %D%/schedule/step.c %D%/schedule/multistep.c %D%/schedule/exponential.c \
  %D%/schedule/inverse.c %D%/schedule/polynomial.c %D%/schedule/cosine.c \
  %D%/schedule/onecycle.c %D%/schedule/plateau.c
