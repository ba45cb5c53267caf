/* An input row of four channels as a depthwise convolution of one row reads it: one plane a
 * channel, of lanes (column x, column x + 1), so that SMLAD takes two taps. */
#ifndef TINYROB_TR_DSP_LINES_ROW_H
#define TINYROB_TR_DSP_LINES_ROW_H

#include <stdint.h>

/* Four planes at `pairs`, of `width` columns from `left` columns of padding on. */
typedef struct tr_dsp_lines {
    int32_t *pairs;
    int32_t width, left, zero_point;
} tr_dsp_lines;

/* `from` is the row's first pixel, at the first of `channels` (1 to 4) channels; `in_w` pixels are
 * `in_c` bytes apart. About 15 instructions a column, more in the padding. */
void tr_dsp_lines_row(const tr_dsp_lines *lines, const int8_t *from, int32_t in_w, int32_t in_c,
                      int32_t channels);

#endif
