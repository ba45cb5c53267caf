/* Transposed convolution on Cortex-M with MVE, int8, per-channel: TFLite's TRANSPOSE_CONV. */
#ifndef TINYROB_TR_TRANSPOSE_CONV_MVE_S8_H
#define TINYROB_TR_TRANSPOSE_CONV_MVE_S8_H

#include "tinyrob/tr_conv2d_mve_s8.h"
#include "tinyrob/tr_phases.h"

#ifdef __cplusplus
extern "C" {
#endif

/* phase_01 is there where stride_w is 2, phase_10 where stride_h is, phase_11 where both are. Each
 * is a convolution of stride 1 over the whole input. */
typedef struct tr_transpose_conv_mve {
    tr_phases phases;
    tr_conv2d_mve phase_00, phase_01, phase_10, phase_11;
} tr_transpose_conv_mve;

/* out: out_h * out_w * out_c values; no overlap. scratch: what the convolutions want, then the
 * outputs of the largest phase; aligned to 4. */
void tr_transpose_conv_mve_s8(const tr_transpose_conv_mve *conv, const int8_t *in, int8_t *out,
                              void *scratch);

#ifdef __cplusplus
}
#endif

#endif
