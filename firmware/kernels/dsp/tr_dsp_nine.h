/* A row of outputs of four channels of a 3x3 depthwise convolution, one output at a time. */
#ifndef TINYROB_TR_DSP_NINE_H
#define TINYROB_TR_DSP_NINE_H

#include "tr_dsp.h"

/* Words of a stream. */
#define TR_DSP_NINE_WORDS 34

/* A pixel of the three rows is a word, its channels the bytes. `stream` has
 *   four biases, doubled, which hold the input's zero point
 *   weights, doubled, as a word for each channel: of each row the lanes (column 0, column 1), then
 *     those of column 2 (row 0, row 1)
 *   weights of row 2, column 2, doubled, as lanes of channels (0, 2) and (1, 3)
 *   m, n and e of tr_dsp_dot.h's channel 0 for each channel; the first e with its sign bit set
 *     where not rectified.
 * The first output is at `out`, `step` bytes before the next one, `end` behind the last one, each
 * of four bytes. Windows are two pixels apart, less `back` bytes. */
typedef struct tr_dsp_nine_row {
    int32_t *row[3]; /* not written to */
    const int32_t *stream;
    int8_t *out;
    int32_t step;
    const int8_t *end;
    int32_t back; /* 0 or 4 */
} tr_dsp_nine_row;

/* Saturates to [-128, 127]. For four channels of an output 94 instructions (102 where not
 * rectified), 3 more where `back` is not 0, and about 15 a call. */
TR_DSP_ASSEMBLY void tr_dsp_nine(const tr_dsp_nine_row *row);

#endif
