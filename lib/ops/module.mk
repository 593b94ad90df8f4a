# An op is one file.  Listing it here compiles it for every tier, registers it, tests it,
# gradient-checks it and documents it.
op_sources = \
  %D%/abs.c \
  %D%/add.c \
  %D%/avg_pool2d.c \
  %D%/batch_norm.c \
  %D%/batch_norm_eval.c \
  %D%/bce.c \
  %D%/bce_with_logits.c \
  %D%/broadcast.c \
  %D%/cce.c \
  %D%/clip.c \
  %D%/comoments.c \
  %D%/concat.c \
  %D%/conv2d.c \
  %D%/conv_transpose2d.c \
  %D%/div.c \
  %D%/dropout.c \
  %D%/elu.c \
  %D%/erf.c \
  %D%/exp.c \
  %D%/flip.c \
  %D%/fma.c \
  %D%/gather.c \
  %D%/gelu.c \
  %D%/greater.c \
  %D%/hinge.c \
  %D%/huber.c \
  %D%/kl.c \
  %D%/layer_norm.c \
  %D%/leaky_relu.c \
  %D%/log.c \
  %D%/log_softmax.c \
  %D%/mae.c \
  %D%/matmul.c \
  %D%/max.c \
  %D%/max_mask.c \
  %D%/max_pool2d.c \
  %D%/maximum.c \
  %D%/mean.c \
  %D%/minimum.c \
  %D%/moments.c \
  %D%/mse.c \
  %D%/mul.c \
  %D%/neg.c \
  %D%/one_hot.c \
  %D%/pad.c \
  %D%/pow.c \
  %D%/relu.c \
  %D%/reshape.c \
  %D%/scatter_add.c \
  %D%/sigmoid.c \
  %D%/silu.c \
  %D%/slice.c \
  %D%/softmax.c \
  %D%/softmax_cross_entropy.c \
  %D%/softplus.c \
  %D%/sqrt.c \
  %D%/square.c \
  %D%/sub.c \
  %D%/sum.c \
  %D%/tanh.c \
  %D%/transpose.c \
  %D%/unpad.c \
  %D%/unslice.c \
  %D%/where.c

libfloors_la_SOURCES += \
  %D%/conv_rules.h \
  %D%/compose.c \
  %D%/loss.h \
  %D%/norm.h \
  %D%/op_file.h \
  %D%/pad.h \
  %D%/pool_rules.h \
  %D%/reduce_rules.h \
  %D%/reference.h \
  %D%/registry.c \
  %D%/rows.h \
  %D%/softmax_rules.h \
  %D%/strided.h

# One source, several instruction sets; what a file defines once is in the portable copy.
noinst_LTLIBRARIES += libtier_portable.la
libtier_portable_la_SOURCES = $(kernel_sources) $(op_sources) $(kernel_headers)
nodist_libtier_portable_la_SOURCES = %D%/registry.inc
libtier_portable_la_CFLAGS  = $(AM_CFLAGS) $(KERNEL_CFLAGS)
libfloors_la_LIBADD += libtier_portable.la

if TIER_AVX2
noinst_LTLIBRARIES += libtier_avx2.la
libtier_avx2_la_SOURCES  = $(kernel_sources) $(op_sources)
libtier_avx2_la_CPPFLAGS = $(AM_CPPFLAGS) -DCG_TIER=avx2
libtier_avx2_la_CFLAGS   = $(AM_CFLAGS) $(KERNEL_CFLAGS) $(AVX2_CFLAGS)
libfloors_la_LIBADD     += libtier_avx2.la
endif

if TIER_AVX512
noinst_LTLIBRARIES += libtier_avx512.la
libtier_avx512_la_SOURCES  = $(kernel_sources) $(op_sources)
libtier_avx512_la_CPPFLAGS = $(AM_CPPFLAGS) -DCG_TIER=avx512
libtier_avx512_la_CFLAGS   = $(AM_CFLAGS) $(KERNEL_CFLAGS) $(AVX512_CFLAGS)
libfloors_la_LIBADD       += libtier_avx512.la
endif

# One CG_OP(name) line per descriptor found in the op files.
BUILT_SOURCES += %D%/registry.inc
CLEANFILES    += %D%/registry.inc
%D%/registry.inc: $(op_sources) %D%/module.mk
	$(AM_V_GEN)$(MKDIR_P) $(@D) && for f in $(op_sources); do \
	  sed -n 's/^const cg_op cg_op_\([a-z0-9_]*\) = {.*/CG_OP(\1)/p' $(srcdir)/$$f; \
	done > $@.tmp && mv $@.tmp $@
