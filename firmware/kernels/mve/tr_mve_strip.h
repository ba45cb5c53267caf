/* The input rows that one output row reads, side by side. */
#ifndef TINYROB_TR_MVE_STRIP_H
#define TINYROB_TR_MVE_STRIP_H

#include "tinyrob/tr_window.h"

/* Fills `strip` for output row y: for each of (out_w - 1) * stride_w + kernel_w columns, from
 * pad_left to the left of the image on, kernel_h rows of `channels` values. What is outside the
 * image is `zero_point`. Rows are made in order: what one left of the padding is used by the
 * next, so row 0 comes first. */
void tr_mve_strip(const tr_window *w, int32_t channels, int32_t zero_point, int32_t y,
                  const int8_t *in, int8_t *strip);

#endif
