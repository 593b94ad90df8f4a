libfloors_la_SOURCES +=
