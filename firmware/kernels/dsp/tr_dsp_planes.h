/* Two input rows of four channels as a depthwise convolution reads them: one plane a channel, of
 * lanes (first row, second row), so that SMLAD takes two taps of a column. */
#ifndef TINYROB_TR_DSP_PLANES_H
#define TINYROB_TR_DSP_PLANES_H

#include <stdint.h>

/* Rows begin at `first` and `second`, at the first of `channels` (1 to 4) channels; NULL is a row
 * of padding, which holds `zero` in each byte. Columns are `in_x` bytes apart. */
typedef struct tr_dsp_row_pair {
    const int8_t *first, *second;
    int32_t in_x, channels, zero;
} tr_dsp_row_pair;

/* `columns` words of each plane, which are `width` words apart: one, two, or for more channels
 * four planes. 16 instructions a column, 11 for two channels. */
void tr_dsp_planes(const tr_dsp_row_pair *rows, int32_t *to, int32_t width, int32_t columns);

#endif
