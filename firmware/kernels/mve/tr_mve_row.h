/* A run of pixels whose windows lie at equal distances. */
#ifndef TINYROB_TR_MVE_ROW_H
#define TINYROB_TR_MVE_ROW_H

#include "tr_mve_dot.h"

/* `channels` >= 1 of `taps` >= 1 weights each; the rest is as in tr_mve_pixels. */
typedef struct tr_mve_row {
    uint32_t taps, channels;
    const int32_t *stream;
    uint32_t rectified;
    int32_t zero_point, lo, hi;
} tr_mve_row;

/* Computes `pixels` >= 1 pixels into `out`, one behind the other. The window of the first is at
 * `in`, the next is `step` further. About 25 instructions for three pixels beside tr_mve_dot. */
void tr_mve_row_run(const tr_mve_row *row, const int8_t *in, int32_t step, int32_t pixels,
                    int8_t *out);

#endif
