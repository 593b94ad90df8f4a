check_PROGRAMS += t/data/bad_files.t t/data/dataset.t
t_data_bad_files_t_SOURCES = %D%/bad_files.c
t_data_bad_files_t_LDADD = $(test_ldadd)
t_data_dataset_t_SOURCES = %D%/dataset.c
t_data_dataset_t_LDADD = $(test_ldadd)
check_PROGRAMS += t/data/image.t
t_data_image_t_SOURCES = %D%/image.c
t_data_image_t_LDADD = $(test_ldadd)
