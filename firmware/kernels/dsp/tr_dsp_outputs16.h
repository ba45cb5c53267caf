/* Outputs of int16 from sums: what the kernels of int16 share. */
#ifndef TINYROB_TR_DSP_OUTPUTS16_H
#define TINYROB_TR_DSP_OUTPUTS16_H

#include "tinyrob/tr_sums16.h"
#include "tr_dsp.h"

/* `wide` of a tr_sums16 whose sums, bias included, stay within 32 bits: `multiplier` m in [0, 2^31)
 * and `shift` e >= 1 with real = m * 2^(-e - 32). Then (sum * m + 2^(e + 31)) >> (e + 32), which is
 * what tr_multiply_wide rounds, is the upper word of sum * m plus 2^(e - 1), shifted by e. */
enum { TR_DSP_NARROW = 2 };

/* The output of `channel`, whose sum without its bias is `sum`, narrow. */
static inline int16_t tr_dsp_output16(int32_t sum, const tr_sums16 *of, int32_t channel)
{
    const int32_t e = of->shift[channel];
    const int32_t all = tr_wrapping_add(sum, (int32_t)of->bias[channel]);
    const int64_t product = (int64_t)all * of->multiplier[channel];
    const int32_t made = ((int32_t)(product >> 32) + (1 << (e - 1))) >> e;
    return tr_clamp16(made, &of->output);
}

/* All outputs of one row of 4 * steps inputs: `channels` of them, `weights` as tr_dsp_dot16.h has
 * them. */
void tr_dsp_outputs16(const tr_sums16 *sums, const int32_t *weights, const int16_t *in,
                      int32_t steps, int32_t channels, int16_t *out);

#endif
