/* Three int8 windows to one interleaved int16 buffer: the operand of tr_dsp_dot.h. */
#ifndef TINYROB_TR_DSP_EXPAND_H
#define TINYROB_TR_DSP_EXPAND_H

#include "tr_dsp.h"

/* Three windows, each of `rows` rows of 4 * words bytes; from the end of a row to the start of
 * the next one are `skip` bytes. words and rows are at least 1; any alignment. */
typedef struct tr_dsp_windows {
    const int8_t *row[3];
    int32_t skip[3];
    int32_t words, rows;
} tr_dsp_windows;

/* For every four bytes t0 t1 t2 t3 of each window: the lanes (t0, t2) of windows 0, 1 and 2,
 * then their (t1, t3). Writes 6 * words * rows words.
 *
 * 10 instructions for 12 bytes, 9 a row, about 25 a call. */
TR_DSP_ASSEMBLY void tr_dsp_expand(const tr_dsp_windows *windows, int32_t *to);

#endif
