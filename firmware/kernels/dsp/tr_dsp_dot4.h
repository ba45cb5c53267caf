/* The inner product of dense layers: one row of inputs by four output channels. */
#ifndef TINYROB_TR_DSP_DOT4_H
#define TINYROB_TR_DSP_DOT4_H

#include "tr_dsp.h"

/* Sums of four channels over 4 * steps inputs at `in` (any alignment); steps >= 1.
 *
 * Two channels share a word, as in tr_dsp_dot.h: `stream` has 256 * b1 + b0, b0, 256 * b3 + b2,
 * b2, then for each four taps the words of channels (0, 1) and (2, 3) for taps (k, k+2), then of
 * both for taps (k+1, k+3). Exact where the sums of channels 1 and 3 are in [-2^23, 2^23).
 *
 * 16 instructions for the 16 MACs of a step, 2 for each two steps, 25 a call. */
TR_DSP_ASSEMBLY void tr_dsp_dot4(const int32_t *stream, const int8_t *in, int32_t steps,
                                 int32_t sums[4]);

#endif
