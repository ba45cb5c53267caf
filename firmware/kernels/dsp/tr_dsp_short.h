/* Pixels of few taps by output channels, a channel at a time: all that it needs is in registers. */
#ifndef TINYROB_TR_DSP_SHORT_H
#define TINYROB_TR_DSP_SHORT_H

#include "tr_dsp.h"

/* `pairs` (1 to 2^22) of pixels: of each at `taps` two words of lanes, of taps (0, 2) and (1, 3);
 * its outputs are `step` bytes behind those of the pixel before, the channels side by side.
 * `stream` up to `stream_end` are whole channels, one or more, each
 *   2 * w as lanes of taps (0, 2), then (1, 3); zero where there are fewer
 *   2 * bias, which holds the input's zero point
 *   m, n, e: tr_dsp_dot.h's of channel 0. */
typedef struct tr_dsp_short_run {
    const int32_t *taps;
    int8_t *out;
    int32_t step, pairs, rectified;
    const int32_t *stream, *stream_end;
} tr_dsp_short_run;

/* Saturates to [-128, 127]. 16 instructions (20 where not rectified) for two outputs, 16 a
 * channel. */
TR_DSP_ASSEMBLY void tr_dsp_short(const tr_dsp_short_run *run);

#endif
