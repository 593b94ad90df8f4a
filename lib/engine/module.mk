libfloors_la_SOURCES += \
  %D%/compile.c \
  %D%/nonfinite.c \
  %D%/plan.c %D%/plan.h \
  %D%/profile.c \
  %D%/program.c %D%/program.h \
  %D%/run.c \
  %D%/steps.c \
  %D%/slice.c %D%/slice.h \
  %D%/stretch.c %D%/stretch.h \
  %D%/pass/cse.c \
  %D%/pass/fold.c \
  %D%/pass/fuse.c \
  %D%/pass/lanes.c \
  %D%/pass/pass.h \
  %D%/pass/passes.c \
  %D%/pass/rewrite.c \
  %D%/pass/settle.c \
  %D%/pass/split.c \
  %D%/pass/stabilise.c
