libfloors_la_SOURCES += \
  %D%/safetensors.h %D%/safetensors_read.c %D%/safetensors_write.c
