/* A row of outputs of four channels of a depthwise convolution with any window. */
#ifndef TINYROB_TR_DSP_TAPS_H
#define TINYROB_TR_DSP_TAPS_H

#include "tr_dsp.h"

/* A pixel of the input is two words: the lanes of channels (0, 2) and (1, 3). `stream` has
 *   four biases, doubled, which hold the input's zero point
 *   for each tap: bytes from the tap before (the first: from the window's start) less 4, and its
 *     weights, doubled, as lanes of channels (0, 2) and (1, 3)
 *   m, n and e of tr_dsp_dot.h's channel 0 for each channel.
 * Windows begin at `from` and are `stride` bytes apart, outputs of a channel `step` bytes. `span`
 * are all pairs of outputs, `odd` is 1 where another one follows. A row of one output counts as a
 * pair with a step and a stride of 0. */
typedef struct tr_dsp_taps_row {
    const int32_t *stream, *stream_end; /* up to m, n and e */
    const int32_t *from;
    int32_t stride;
    int8_t *out;
    int32_t span, odd, step, rectified;
} tr_dsp_taps_row;

/* Saturates to [-128, 127]. For two outputs of four channels 19 instructions a tap and 63 (75 where
 * not rectified), and about 35 a call. */
TR_DSP_ASSEMBLY void tr_dsp_taps(const tr_dsp_taps_row *row);

#endif
