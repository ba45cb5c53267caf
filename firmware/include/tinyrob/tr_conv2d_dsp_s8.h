/* 2-D convolution on Cortex-M with DSP, int8, per-channel: TFLite's CONV_2D. */
#ifndef TINYROB_TR_CONV2D_DSP_S8_H
#define TINYROB_TR_CONV2D_DSP_S8_H

#include "tinyrob/tr_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Activations are NHWC. `stream` holds weights, biases and multipliers of pairs of channels, laid
 * out as kernels/dsp/tr_dsp_dot.h says, with the ranges it relies on: the build proves them from
 * the constants. `ring`: triples of pixels that share what is read of the weights, 1 or 2.
 * `rectified` is 1 for the epilogue of that name; outputs are clamped to
 * [lo, hi]. */
typedef struct tr_conv2d_dsp {
    tr_window window;
    uint16_t batches, in_c, out_c;
    int8_t input_zero_point;
    uint8_t rectified, ring;
    int8_t zero_point, lo, hi;
    const int32_t *stream;
} tr_conv2d_dsp;

/* in: batches * in_h * in_w * in_c values; out: batches * out_h * out_w * out_c. `out` may be
 * `in` for a 1x1 kernel without stride or padding and out_c <= in_c and one batch; otherwise no
 * overlap. scratch: see tr_dsp_walk_start, and for a ring of 2 another
 * 24 * steps bytes; aligned to 4. */
void tr_conv2d_dsp_s8(const tr_conv2d_dsp *conv, const int8_t *in, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
