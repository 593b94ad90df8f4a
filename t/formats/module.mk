# Tests of lib/formats.
check_PROGRAMS += t/formats/safetensors.t
t_formats_safetensors_t_SOURCES = %D%/safetensors.c
t_formats_safetensors_t_LDADD = $(test_ldadd)
