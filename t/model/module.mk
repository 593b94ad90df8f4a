# Tests of lib/model.
check_PROGRAMS += t/model/bad.t t/model/doc.t t/model/good.t
t_model_bad_t_SOURCES = %D%/bad.c
t_model_bad_t_LDADD = $(test_ldadd)
t_model_doc_t_SOURCES = %D%/doc.c
t_model_doc_t_LDADD = $(test_ldadd)
t_model_good_t_SOURCES = %D%/good.c
t_model_good_t_LDADD = $(test_ldadd)
EXTRA_DIST += %D%/bad %D%/warned models

check_PROGRAMS += t/model/losses.t
t_model_losses_t_SOURCES = %D%/losses.c
t_model_losses_t_LDADD = $(test_ldadd)

check_PROGRAMS += t/model/attrs.t
t_model_attrs_t_SOURCES = %D%/attrs.c
t_model_attrs_t_LDADD = $(test_ldadd)

# make would compile the folder of models from bad.c, where that is newer.
%D%/bad:
	@:
