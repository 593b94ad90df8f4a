# Text to tree (yaml, tree, override, expand, variables), tree to specification (read, *_section, layers),
# specification to graph (record, shapes, init).
libfloors_la_SOURCES += \
  %D%/augment_section.c \
  %D%/data_files.h %D%/data_files.c \
  %D%/data_section.c \
  %D%/diagnostics.c %D%/diagnostics.h \
  %D%/emit.c \
  %D%/expand.c %D%/expand.h \
  %D%/init.c \
  %D%/layer_keys.c \
  %D%/layers.c \
  %D%/learning.c \
  %D%/loss_section.c \
  %D%/model.c %D%/model.h \
  %D%/optimizer_section.c \
  %D%/override.c %D%/override.h \
  %D%/paths.c %D%/paths.h \
  %D%/read.c %D%/read.h \
  %D%/record.c \
  %D%/sense.c \
  %D%/settle.c \
  %D%/shapes.c \
  %D%/train_section.c \
  %D%/tree.c %D%/tree.h \
  %D%/typed.c %D%/typed.h \
  %D%/variables.c %D%/variables.h \
  %D%/yaml.c
