/* One output row of a convolution: the part that its kernels share. */
#ifndef TINYROB_TR_MVE_CONV_ROW_H
#define TINYROB_TR_MVE_CONV_ROW_H

#include "tinyrob/tr_conv2d_mve_s8.h"

/* Computes output row y of one image into `out`: out_w * out_c values. Rows are made in order,
 * from 0 on. `strip` is tr_conv2d_mve_s8's scratch. About 25 instructions for three pixels beside
 * tr_mve_dot (which windows of up to 16 values do without: tr_mve_few.h), and 80 a row. */
void tr_mve_conv_row(const tr_conv2d_mve *conv, int32_t y, const int8_t *in, int8_t *out,
                     int8_t *strip);

#endif
