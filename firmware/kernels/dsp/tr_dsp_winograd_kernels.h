/* The kernels of tr_dsp_winograd.h, transformed. */
#ifndef TINYROB_TR_DSP_WINOGRAD_KERNELS_H
#define TINYROB_TR_DSP_WINOGRAD_KERNELS_H

#include "tr_dsp.h"

/* An output channel's weights, (four input channels, 9 taps, one of four), to words of two input
 * channels, first the even, then the odd ones of four: (word, position, two words apart).
 * `fours` is at least 1. 60 instructions a word. */
TR_DSP_ASSEMBLY void tr_dsp_winograd_kernels(const int8_t *weights, int32_t fours, int32_t *to);

#endif
