/* 2-D convolution, int16 with int8 weights, per channel: TFLite's CONV_2D of 16x8. */
#ifndef TINYROB_TR_CONV2D_S16_H
#define TINYROB_TR_CONV2D_S16_H

#include "tinyrob/tr_sums16.h"
#include "tinyrob/tr_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `weights` are laid out as the chosen kernel reads them. */
typedef struct tr_conv2d16 {
    tr_window window;
    uint16_t batches, in_c, out_c;
    const int8_t *weights;
    tr_sums16 sums;
} tr_conv2d16;

/* in: batches * in_h * in_w * in_c values; out: batches * out_h * out_w * out_c; no overlap. */
void tr_conv2d_s16(const tr_conv2d16 *conv, const int16_t *in, int16_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
