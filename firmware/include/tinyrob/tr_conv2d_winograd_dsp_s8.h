/* 3x3 convolution without stride on Cortex-M with DSP, int8, by Winograd's minimal filtering. */
#ifndef TINYROB_TR_CONV2D_WINOGRAD_DSP_S8_H
#define TINYROB_TR_CONV2D_WINOGRAD_DSP_S8_H

#include "tinyrob/tr_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Activations are NHWC. 3x3 kernels, stride and dilation 1; in_c is a multiple of 16 up to 256,
 * out_c is even.
 *
 * weights: (out_c, in_c / 4, 9 taps, 4). bias: four times that with the input's zero point in it,
 * below 2^31. A multiplier is m * 2^(-e - 31) with m in [2^30, 2^31) or 0; e is in [1, 15] where
 * `rectified` (lo >= zero_point), else in [1, 22]. `rows`: of 2x2 outputs that are made at once;
 * outputs are clamped to [lo, hi]. */
typedef struct tr_conv2d_winograd_dsp {
    tr_window window;
    uint16_t batches, in_c, out_c, rows;
    int8_t input_zero_point, zero_point;
    uint8_t rectified;
    int8_t lo, hi;
    const int8_t *weights;
    const int32_t *bias, *multiplier;
    const int8_t *exponent;
} tr_conv2d_winograd_dsp;

/* in: batches * in_h * in_w * in_c values; out: batches * out_h * out_w * out_c; no overlap.
 * scratch: 128 * in_c + 48 bytes for every four tiles of 2x2 outputs (`rows` times those across,
 * the last four filled up), 65 * in_c + 512 more; aligned to 4. */
void tr_conv2d_winograd_dsp_s8(const tr_conv2d_winograd_dsp *conv, const int8_t *in, int8_t *out,
                               void *scratch);

#ifdef __cplusplus
}
#endif

#endif
