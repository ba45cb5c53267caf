/* The outputs of tr_dsp_winograd.h from sums of products. */
#ifndef TINYROB_TR_DSP_WINOGRAD_OUTPUTS_H
#define TINYROB_TR_DSP_WINOGRAD_OUTPUTS_H

#include "tr_dsp.h"

/* Where a tile's outputs are, in bytes: the first of them, and the steps to the next one in its row
 * and in its column: 0 where the image ends before it, whose output then lies under the first. */
typedef struct tr_dsp_winograd_place {
    int32_t at, step, line;
} tr_dsp_winograd_place;

/* How sums of a channel become int8: `bias` is four times the channel's, m, n and e are those of
 * tr_dsp_dot.h, of a channel that is no pair's second. */
typedef struct tr_dsp_winograd_ends {
    int32_t bias, m, n, e, rectified;
} tr_dsp_winograd_ends;

/* Up to four tiles of two channels: `sums` as tr_dsp_winograd_products makes them. 19 instructions
 * an output, 25 a call. */
TR_DSP_ASSEMBLY void tr_dsp_winograd_outputs(const int32_t *sums,
                                             const tr_dsp_winograd_place *places, int32_t count,
                                             const tr_dsp_winograd_ends both[2], int8_t *out);

#endif
