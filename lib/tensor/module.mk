libfloors_la_SOURCES += %D%/shape.c %D%/tensor.c
