/* Three pixels of a convolution: the part that its kernels share. */
#ifndef TINYROB_TR_DSP_CONV_H
#define TINYROB_TR_DSP_CONV_H

#include "tinyrob/tr_conv2d_dsp_s8.h"
#include "tr_dsp_gather.h"

/* Computes the next `pixels` (1 to 6) pixels of the walk into `out`, one behind the other, saturated
 * to int8. Fewer than three, or than six, only at the end of an image. More than three need another
 * 24 * steps bytes in front of the walk's `taps`. */
void tr_dsp_conv(const tr_conv2d_dsp *conv, tr_dsp_walk *walk, int32_t pixels, int8_t *out);

#endif
