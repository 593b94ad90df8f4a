# Tests of bin.
dist_check_SCRIPTS += %D%/model.t
