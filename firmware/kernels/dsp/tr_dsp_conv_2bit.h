/* tr_dsp_conv for ternary kernels in 2 bits a weight. */
#ifndef TINYROB_TR_DSP_CONV_2BIT_H
#define TINYROB_TR_DSP_CONV_2BIT_H

#include "tr_dsp_conv.h"

/* As tr_dsp_conv; `stream` is tr_dsp_packed.h's, and `taps` are followed by 24 readable bytes. */
void tr_dsp_conv_2bit(const tr_conv2d_dsp *conv, tr_dsp_walk *walk, int32_t pixels,
                      int8_t *out);

#endif
