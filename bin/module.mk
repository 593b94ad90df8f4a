bin_PROGRAMS += cnngraph
cnngraph_SOURCES = %D%/main.c %D%/verb.h
cnngraph_LDADD = libcnngraph.la
