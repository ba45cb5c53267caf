/* The inner product of a dense layer's last channels: one row of inputs by one or two of them. */
#ifndef TINYROB_TR_DSP_DOT2_H
#define TINYROB_TR_DSP_DOT2_H

#include "tr_dsp.h"

/* As tr_dsp_dot4, for one pair of channels: `stream` has 256 * b1 + b0, b0, then for each four
 * taps the words of taps (k, k+2) and (k+1, k+3).
 *
 * 10 instructions for the 8 MACs of a step, 2 for each two steps, 20 a call. */
TR_DSP_ASSEMBLY void tr_dsp_dot2(const int32_t *stream, const int8_t *in, int32_t steps,
                                 int32_t sums[2]);

#endif
