/* Rows of outputs of a 3x3 depthwise convolution. */
#ifndef TINYROB_TR_DSP_DEPTHWISE3_H
#define TINYROB_TR_DSP_DEPTHWISE3_H

#include "tr_dsp.h"

/* An output channel. m, n and e are tr_dsp_dot.h's of channel 0, e with its sign bit set where not
 * rectified; `bias` and the weights are doubled; `bias` holds the input's zero point. The weights are
 * for each column the lanes (row 0, row 1) and (row 1, row 2). */
typedef struct tr_dsp_channel3 {
    int32_t m, n, e, bias, weights[6];
} tr_dsp_channel3;

/* `count` channels, one behind the other as in `out`. The lanes (row 0, row 1) of their input
 * begin at `upper`, (row 2, row 3) at `lower`, `plane` bytes apart from channel to channel.
 * Outputs are `step` bytes apart; `span` are all pairs of them, `odd` is 1 where another one
 * follows. A row of one output counts as a pair with a step of 0, and reads a column more. Two
 * rows: `out` is in the second one, `back` bytes (below 0, or 0) behind it is the first.
 * Used up by a call. */
typedef struct tr_dsp_rows3 {
    const tr_dsp_channel3 *channel;
    const int32_t *upper, *lower;
    int8_t *out;
    int32_t span, odd, step, back, plane, count;
} tr_dsp_rows3;

/* Windows a word apart: two rows of outputs. Saturates to [-128, 127].
 * 63 instructions (73 where not rectified) for four outputs, 30 a channel. */
TR_DSP_ASSEMBLY void tr_dsp_depthwise3_two(tr_dsp_rows3 *rows);

/* One row; windows are one word or two apart. 37 or 39 instructions (43, 45) for two outputs, 30 a
 * channel. */
TR_DSP_ASSEMBLY void tr_dsp_depthwise3_one(tr_dsp_rows3 *rows);
TR_DSP_ASSEMBLY void tr_dsp_depthwise3_stride2(tr_dsp_rows3 *rows);

#endif
