libfloors_la_SOURCES += \
  %D%/compare.c %D%/compare.h \
  %D%/demo.c \
  %D%/differential.c %D%/differential.h \
  %D%/graph.c \
  %D%/kernel.c \
  %D%/mistake.c %D%/mistake.h \
  %D%/mutants.c \
  %D%/op.c %D%/op.h \
  %D%/probe.c %D%/probe.h \
  %D%/sample.c %D%/sample.h \
  %D%/verdict.c
