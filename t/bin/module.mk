# Tests of bin.
dist_check_SCRIPTS += %D%/model.t
dist_check_SCRIPTS += t/bin/cli.t
