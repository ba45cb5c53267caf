/* All output channels of one row of int16: what convolutions and dense layers share. */
#ifndef TINYROB_TR_MVE_OUTPUTS16_H
#define TINYROB_TR_MVE_OUTPUTS16_H

#include "tinyrob/tr_sums16.h"

/* `channels` outputs of `taps` >= 1 inputs at `in`. `stream`: tr_mve_four_sums16.h's, for one four of
 * channels after the other; `sums`: as TR_MVE_NARROW (tr_mve_sums16.h) has them, or any. 10 instructions
 * for 32 MACs; for four channels about 35 more where narrow, else 100. */
void tr_mve_outputs16(const tr_sums16 *sums, const int32_t *stream, const int16_t *in,
                      uint32_t taps, uint32_t channels, int16_t *out);

#endif
