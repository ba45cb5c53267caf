/* The input rows that some output rows read, channel by channel. */
#ifndef TINYROB_TR_MVE_PLANES_H
#define TINYROB_TR_MVE_PLANES_H

#include "tinyrob/tr_depthwise_conv2d_mve_s8.h"

/* Fills `planes` for the `lines` input rows of output rows y to y + rows - 1 and the `n` in [1, 8]
 * output channels from `first` on. For each of the channels, then for each of
 * (out_w - 1) * stride_w + kernel_w columns, from pad_left to the left of the image on, it has
 * `lines` values; those outside the image are the input's zero point. Rows are made in order:
 * what one left of the padding is used by the next, so y = 0 comes first. Five instructions for
 * eight values. */
void tr_mve_planes(const tr_depthwise_conv2d_mve *conv, int32_t first, int32_t n, int32_t y,
                   const int8_t *in, int8_t *planes);

#endif
