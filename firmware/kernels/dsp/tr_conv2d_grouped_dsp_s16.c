/* Convolution of int16 in groups for Cortex-M with DSP: one group after the other, as
 * tr_conv2d_grouped_dsp_s8. */
#include "tinyrob/tr_conv2d_grouped_dsp_s16.h"

void tr_conv2d_grouped_dsp_s16(const tr_conv2d_grouped_dsp16 *of, const int16_t *in, int16_t *out,
                               void *scratch)
{
    tr_conv2d_dsp16 conv = of->conv;
    int8_t *const made = tr_group_made(&of->groups, scratch);
    for (uint32_t group = 0; group < of->groups.count; group++) {
        const int8_t *given = tr_group_inputs(&of->groups, group, &conv.window, conv.batches,
                                              (const int8_t *)in, scratch);
        tr_conv2d_dsp_s16(&conv, (const int16_t *)(const void *)given, (int16_t *)(void *)made,
                          scratch);
        tr_group_outputs(&of->groups, group, &conv.window, conv.batches, (int8_t *)out, scratch);
        conv.weights += of->words;
        conv.sums.bias += conv.out_c;
        conv.sums.multiplier += conv.out_c;
        conv.sums.shift += conv.out_c;
    }
}
