/* Such a convolution and the ADD that reads it, in one, on Cortex-M with DSP. */
#ifndef TINYROB_TR_CONV2D_ADD_WINOGRAD_DSP_S8_H
#define TINYROB_TR_CONV2D_ADD_WINOGRAD_DSP_S8_H

#include "tinyrob/tr_add_s8.h"
#include "tinyrob/tr_conv2d_winograd_dsp_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `conv` makes operand a of `add`: its result is rounded to int8 and clamped, as if it were
 * stored, then added to `other`. Factors are in the ranges of kernels/dsp/tr_dsp_add.h. */
typedef struct tr_conv2d_add_winograd_dsp {
    tr_conv2d_winograd_dsp conv;
    tr_add add;
} tr_conv2d_add_winograd_dsp;

/* in: as tr_conv2d_winograd_dsp_s8; other and out: batches * out_h * out_w * out_c, and out may be
 * other. scratch: tr_conv2d_winograd_dsp_s8's, and behind it 2 * rows * out_w * out_c bytes;
 * aligned to 4. */
void tr_conv2d_add_winograd_dsp_s8(const tr_conv2d_add_winograd_dsp *both, const int8_t *in,
                                   const int8_t *other, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
