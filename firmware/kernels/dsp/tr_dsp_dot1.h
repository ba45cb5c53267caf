/* The inner product of a dense layer's last output channel, where it has no other beside it. */
#ifndef TINYROB_TR_DSP_DOT1_H
#define TINYROB_TR_DSP_DOT1_H

#include "tr_dsp.h"

/* The sum of one channel over 4 * steps inputs at `in` (any alignment); steps >= 1. `stream` is
 * tr_dsp_dot2.h's of a channel beside one of zeros: its words are lanes of the weights.
 *
 * 6 instructions for the 4 MACs of a step, 2 for each two steps, 12 a call. */
TR_DSP_ASSEMBLY int32_t tr_dsp_dot1(const int32_t *stream, const int8_t *in, int32_t steps);

#endif
