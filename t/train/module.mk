# Tests of lib/train.
check_PROGRAMS += t/train/learning.t
t_train_learning_t_SOURCES = %D%/learning.c
t_train_learning_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/train/loader.t
t_train_loader_t_SOURCES = %D%/loader.c
t_train_loader_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/train/keep.t
t_train_keep_t_SOURCES = %D%/keep.c
t_train_keep_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/train/nonfinite.t
t_train_nonfinite_t_SOURCES = %D%/nonfinite.c
t_train_nonfinite_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/train/same_bits.t
t_train_same_bits_t_SOURCES = %D%/same_bits.c
t_train_same_bits_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/train/study.t
t_train_study_t_SOURCES = %D%/study.c
t_train_study_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/train/resume.t
t_train_resume_t_SOURCES = %D%/resume.c
t_train_resume_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/train/trace.t
t_train_trace_t_SOURCES = %D%/trace.c
t_train_trace_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/train/train.t
t_train_train_t_SOURCES = %D%/train.c
t_train_train_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/train/trainer.t
t_train_trainer_t_SOURCES = %D%/trainer.c
t_train_trainer_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/train/augment.t
t_train_augment_t_SOURCES = %D%/augment.c
t_train_augment_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/train/targets.t
t_train_targets_t_SOURCES = %D%/targets.c
t_train_targets_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/train/weights.t
t_train_weights_t_SOURCES = %D%/weights.c
t_train_weights_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/train/transfer.t
t_train_transfer_t_SOURCES = %D%/transfer.c
t_train_transfer_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/train/folder.t
t_train_folder_t_SOURCES = %D%/folder.c
t_train_folder_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/train/difference.t
t_train_difference_t_SOURCES = %D%/difference.c
t_train_difference_t_LDADD = $(test_ldadd)
