/* One row of outputs of one channel of a depthwise convolution with a kernel of one row. */
#ifndef TINYROB_TR_DSP_DEPTHWISE1_H
#define TINYROB_TR_DSP_DEPTHWISE1_H

#include "tr_dsp.h"

/* An output channel; its weights follow it in memory as lanes of two columns, an odd one's last
 * column as the first of its pair. `outputs` of them are `pitch` bytes apart. m, n and e are
 * tr_dsp_dot.h's of channel 0; `bias` holds the input's zero point. */
typedef struct tr_dsp_channel1 {
    int32_t m, n, e, pitch, bias, rectified, outputs;
} tr_dsp_channel1;

/* Stride and dilation 1: `pairs` words of two taps, over the words of `plane` (tr_dsp_lines_row.h);
 * at least four outputs. 11 instructions an output (13 where not rectified) and 2 a word, 25 a
 * call. */
TR_DSP_ASSEMBLY void tr_dsp_depthwise1(const tr_dsp_channel1 *channel, int32_t pairs,
                                       const int32_t *plane, int8_t *out);

#endif
