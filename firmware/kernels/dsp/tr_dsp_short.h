/* Pixels of few taps by output channels, a channel at a time: all that it needs is in registers. */
#ifndef TINYROB_TR_DSP_SHORT_H
#define TINYROB_TR_DSP_SHORT_H

#include "tr_dsp.h"

/* What the sums of a rectified layer are shifted by, whatever a channel's e. */
#define TR_DSP_SHORT_SHIFT 12

/* `pixels` (1 to 2^22): of each at `taps` the words of lanes that the function below takes; its
 * outputs are `step` bytes behind those of the pixel before, the channels side by side. `stream` up
 * to `stream_end` are whole channels, one or more, each
 *   w * 2^k as lanes, as many words
 *   bias * 2^k, which holds the input's zero point
 *   m, n, e.
 * Not rectified: k is 1, and m, n, e are tr_dsp_dot.h's of channel 0.
 *
 * Rectified: k = 13 - e is 2 to 8, so that all channels are shifted by one number; the two roundings
 * are one sum, n = 2^(k-2) + (2 * z + 1) * 2^11, and no sum passes 31 bits. A channel that is one
 * number has m = 0, and that number * 2^12 for n. */
typedef struct tr_dsp_short_run {
    const int32_t *taps;
    int8_t *out;
    int32_t step, pixels, rectified;
    const int32_t *stream, *stream_end;
} tr_dsp_short_run;

/* Of one word of lanes: taps (0, 1). Saturates to [-128, 127]. An output is 5.25 instructions (8.25
 * where not rectified), a channel 9 to 11. */
TR_DSP_ASSEMBLY void tr_dsp_short2(const tr_dsp_short_run *run);

/* Of two: taps (0, 2), (1, 3): 6.5 instructions (10 where not rectified), a channel 9 to 11. */
TR_DSP_ASSEMBLY void tr_dsp_short(const tr_dsp_short_run *run);

/* Of three, as well taps (4, 5): 8 instructions (11), 9 a channel. */
TR_DSP_ASSEMBLY void tr_dsp_short6(const tr_dsp_short_run *run);

/* Of four: two words of four taps, as the first: 10 instructions (13), 10 a channel. */
TR_DSP_ASSEMBLY void tr_dsp_short8(const tr_dsp_short_run *run);

/* Of six: three words of four taps: 14 instructions (17), 14 a channel. */
TR_DSP_ASSEMBLY void tr_dsp_short12(const tr_dsp_short_run *run);

#ifdef TR_DSP_INSTRUCTIONS

/* Four outputs a round, of a sum in `r`, with the channel's m, n, e in registers; r1: out; r2: step.
 * The first round begins with the second, third or fourth one where so many are missing: then r1 is
 * a step in front of the second and the fourth. */
#define TR_DSP_SHORT_RECTIFIED(r, m, n, e) "smmla " r ", " r ", " m ", " n "\n ssat " r ", #8, " r ", asr #12\n"
#define TR_DSP_SHORT_ANY(r, m, n, e)                                                              \
    "smmulr " r ", " r ", " m "\n add " r ", " r ", " r ", asr #31\n add " r ", " r ", " n "\n"   \
    "asr " r ", " r ", " e "\n ssat " r ", #8, " r "\n"
#define TR_DSP_SHORT_FIRST(r) "strb.w " r ", [r1]\n"
#define TR_DSP_SHORT_SECOND(r) "strb.w " r ", [r1, r2]\n add r1, r1, r2, lsl #1\n"

/* From run in r0: r1: taps; r2: out, or a step in front of it; r3: step; r4: rounds, less one, above
 * a byte; r5: which way in, of four, plus four where not rectified; r6: stream; r7: its end. */
#define TR_DSP_SHORT_START                                                                        \
    "ldmia.w r0, {r1-r7}\n"                                                                       \
    "rsb r8, r4, #0\n"                                                                            \
    "and r8, r8, #3\n"                                                                            \
    "add r4, r4, r8\n"                                                                            \
    "sub r4, r4, #4\n"                                                                            \
    "lsl r4, r4, #6\n"                                                                            \
    "lsls r9, r8, #31\n"                                                                          \
    "it ne\n subne r2, r2, r3\n"                                                                  \
    "cmp r5, #0\n"                                                                                \
    "mov r5, r8\n"                                                                                \
    "it eq\n addeq r5, r5, #4\n"

#else

/* The twin of all of them, for `lanes` words. */
static inline void tr_dsp_short_twin(const tr_dsp_short_run *run, int32_t lanes)
{
    int8_t *first = run->out;
    for (const int32_t *c = run->stream; c != run->stream_end; c += lanes + 4, first++) {
        const int32_t *taps = run->taps, *end = c + lanes;
        for (int32_t n = 0; n < run->pixels; n++, taps += lanes) {
            int32_t sum = end[0];
            for (int32_t t = 0; t < lanes; t++) {
                sum = tr_smlad(taps[t], c[t], sum);
            }
            const int32_t high = (int32_t)(((int64_t)sum * end[1]) >> 32);
            const int32_t y = tr_smmulr(sum, end[1]);
            const int32_t all = run->rectified ? (high + end[2]) >> TR_DSP_SHORT_SHIFT
                                               : (y + (y >> 31) + end[2]) >> end[3];
            first[n * run->step] = (int8_t)tr_ssat8(all);
        }
    }
}

#endif

#endif
