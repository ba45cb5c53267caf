/* Input rows of four channels as a depthwise convolution reads them: one plane a channel, of
 * lanes (row y, row y + 1), so that SMLAD takes two taps of a column. */
#ifndef TINYROB_TR_DSP_LINES_H
#define TINYROB_TR_DSP_LINES_H

#include <stdint.h>

/* `width` columns from `left` columns of padding on. `pairs` holds the last `kept` pairs of rows:
 * slot s has four planes of `width` words. `last` are the lanes of the newest row: words of
 * channels (0, 2), then (1, 3), a column. Rows outside the image hold the zero point.
 *
 * A kernel of kernel_h rows keeps max(kernel_h - 1, 1) pairs: 16 * width * kept bytes, and
 * 8 * width for `last`. */
typedef struct tr_dsp_lines {
    int32_t *pairs, *last;
    int32_t width, left, kept;
    int32_t row;  /* the newest row */
    int32_t slot; /* of the newest pair: (row - 1, row) */
    int32_t zero_point;
} tr_dsp_lines;

/* Before the first row: the newest row is `row`, which lies outside the image. */
void tr_dsp_lines_start(tr_dsp_lines *lines, int32_t row);

/* One row on. `from` is its first pixel, at the first of `channels` (1 to 4) channels, and NULL
 * outside the image; `in_w` pixels are `in_c` bytes apart. About 15 instructions a column. */
void tr_dsp_lines_next(tr_dsp_lines *lines, const int8_t *from, int32_t in_w, int32_t in_c,
                       int32_t channels);

/* One row alone, for kernels of one row: the first four planes become lanes of the columns
 * (x, x + dilation). `from` as above. About 15 instructions a column, more
 * in the padding. */
void tr_dsp_lines_row(const tr_dsp_lines *lines, const int8_t *from, int32_t in_w, int32_t in_c,
                      int32_t channels, int32_t dilation);

#endif
