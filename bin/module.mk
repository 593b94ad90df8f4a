# The command links the library statically, private floors included: it runs in place and needs no
# symbol exported for its sake.
bin_PROGRAMS += cnngraph
cnngraph_SOURCES = %D%/main.c
cnngraph_LDADD = bin/libcommand.a libfloors.la

# All but main(), which tests have one of their own.
noinst_LIBRARIES += bin/libcommand.a
bin_libcommand_a_SOURCES = \
  %D%/metrics_report.c %D%/metrics_report.h \
  %D%/command.c %D%/command.h %D%/verb.h \
  %D%/json.c %D%/json.h \
  %D%/options.c %D%/options.h \
  %D%/load.c %D%/load_data.c %D%/load.h \
  %D%/measure.c %D%/measure.h \
  %D%/json.c %D%/json.h \
  %D%/gradcheck_report.c %D%/gradcheck_report.h \
  %D%/cmd_gradcheck.c \
  %D%/cmd_diff.c %D%/cmd_train.c %D%/cmd_eval.c %D%/cmd_predict.c %D%/cmd_report.c \
  %D%/cmd_check.c %D%/cmd_render.c %D%/cmd_summary.c \
  %D%/cmd_augment.c %D%/cmd_bench.c \
  %D%/cmd_data.c %D%/data_operand.c %D%/data_info.c %D%/data_fetch.c %D%/data.h \
  %D%/cmd_graph.c %D%/cmd_ops.c %D%/cmd_doctor.c
