/* The inner product of int16 activations and int8 weights, four output channels at a time.
 *
 * `weights` of four channels c0 to c3: for each two taps k and k + 1 the bytes
 *   c0[k], c1[k], c0[k + 1], c1[k + 1], c2[k], c3[k], c2[k + 1], c3[k + 1]
 * so that SXTB16 of a word has the taps of one channel as lanes, and of the word turned by a byte
 * those of the next one. Channels and taps that are missing are zero. */
#ifndef TINYROB_TR_DSP_DOT16_H
#define TINYROB_TR_DSP_DOT16_H

#include "tr_dsp.h"

/* Sums of four channels, modulo 2^32, over 4 * steps inputs at `in` (any alignment); steps >= 1.
 * 20 instructions for the 16 MACs of a step, 25 a call. */
TR_DSP_ASSEMBLY void tr_dsp_dot16(const int32_t *weights, const int16_t *in, int32_t steps,
                                  int32_t sums[4]);

#endif
