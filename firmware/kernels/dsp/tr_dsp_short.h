/* Pixels of few taps by output channels, a channel at a time: all that it needs is in registers. */
#ifndef TINYROB_TR_DSP_SHORT_H
#define TINYROB_TR_DSP_SHORT_H

#include "tr_dsp.h"

/* `pairs` (1 to 2^22) of pixels: of each at `taps` two words of lanes for each word of four taps:
 * of taps (0, 2) and (1, 3); its outputs are `step` bytes behind those of the pixel before, the
 * channels side by side. `stream` up to `stream_end` are whole channels, one or more, each
 *   2 * w as lanes of taps (0, 2), then (1, 3), word by word; zero where there are fewer
 *   2 * bias, which holds the input's zero point
 *   m, n, e: tr_dsp_dot.h's of channel 0. */
typedef struct tr_dsp_short_run {
    const int32_t *taps;
    int8_t *out;
    int32_t step, pairs, rectified;
    const int32_t *stream, *stream_end;
} tr_dsp_short_run;

/* Of one word. Saturates to [-128, 127]. 16 instructions (20 where not rectified) for two outputs,
 * 16 a channel. */
TR_DSP_ASSEMBLY void tr_dsp_short(const tr_dsp_short_run *run);

/* Of two words: 23 instructions (27) for two outputs, 14 a channel. */
TR_DSP_ASSEMBLY void tr_dsp_short8(const tr_dsp_short_run *run);

/* Of three: 31 instructions (35) for two outputs, 17 a channel. */
TR_DSP_ASSEMBLY void tr_dsp_short12(const tr_dsp_short_run *run);

#ifndef TR_DSP_INSTRUCTIONS

/* The twin of all of them, for `words` words of taps. */
static inline void tr_dsp_short_twin(const tr_dsp_short_run *run, int32_t words)
{
    int8_t *first = run->out;
    for (const int32_t *c = run->stream; c != run->stream_end; c += 2 * words + 4, first++) {
        const int32_t *taps = run->taps, *end = c + 2 * words;
        for (int32_t n = 0; n < 2 * run->pairs; n++, taps += 2 * words) {
            int32_t sum = end[0];
            for (int32_t t = 0; t < 2 * words; t++) {
                sum = tr_smlad(taps[t], c[t], sum);
            }
            const int32_t y = tr_smmulr(sum, end[1]);
            const int32_t all =
                run->rectified ? tr_smmlar(sum, end[1], end[2]) : y + (y >> 31) + end[2];
            first[n * run->step] = (int8_t)tr_ssat8(all >> end[3]);
        }
    }
}

#endif

#endif
