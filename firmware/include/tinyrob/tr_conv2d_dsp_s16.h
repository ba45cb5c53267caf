/* 2-D convolution on Cortex-M with DSP, int16 with int8 weights: TFLite's CONV_2D of 16x8. */
#ifndef TINYROB_TR_CONV2D_DSP_S16_H
#define TINYROB_TR_CONV2D_DSP_S16_H

#include "tinyrob/tr_conv2d_s16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_conv2d16; `sums` as kernels/dsp/tr_dsp_dot16.h has them. */
typedef struct tr_conv2d_dsp16 {
    tr_window window;
    uint16_t batches, in_c, out_c;
    const int32_t *weights;
    tr_sums16 sums;
} tr_conv2d_dsp16;

/* `weights` as kernels/dsp/tr_dsp_dot16.h has them, of whole windows. scratch: a window, in whole
 * fours of int16, aligned to 4; none where it is one pixel of such fours. */
void tr_conv2d_dsp_s16(const tr_conv2d_dsp16 *conv, const int16_t *in, int16_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
