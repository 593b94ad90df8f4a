libfloors_la_SOURCES += \
  %D%/average.h %D%/average.c \
  %D%/batch.h %D%/batch.c \
  %D%/checkpoint.h %D%/checkpoint.c \
  %D%/names.h %D%/names.c \
  %D%/difference.h %D%/difference.c \
  %D%/epoch.h %D%/epoch.c \
  %D%/evaluate.h %D%/evaluate.c \
  %D%/folder.h %D%/folder.c \
  %D%/history.h %D%/history.c \
  %D%/keep.h %D%/keep.c \
  %D%/loader.h %D%/loader.c \
  %D%/lockstep.h %D%/lockstep.c \
  %D%/scores.c \
  %D%/snapshot.h %D%/snapshot.c \
  %D%/study.h %D%/study.c \
  %D%/trace.h %D%/trace.c \
  %D%/transfer.h %D%/transfer.c \
  %D%/trainer.h %D%/trainer.c \
  %D%/train.c \
  %D%/update.h %D%/update.c \
  %D%/verify.c \
  %D%/watch.h %D%/watch.c \
  %D%/weights.h %D%/weights.c
