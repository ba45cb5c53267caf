/* Transposed convolution on Cortex-M with MVE, int16 with int8 weights: TRANSPOSE_CONV of 16x8. */
#ifndef TINYROB_TR_TRANSPOSE_CONV_MVE_S16_H
#define TINYROB_TR_TRANSPOSE_CONV_MVE_S16_H

#include "tinyrob/tr_conv2d_mve_s16.h"
#include "tinyrob/tr_phases.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_transpose_conv_mve, its phases' values of two bytes: phases.out_c counts bytes. */
typedef struct tr_transpose_conv_mve16 {
    tr_phases phases;
    tr_conv2d_mve16 phase_00, phase_01, phase_10, phase_11;
} tr_transpose_conv_mve16;

/* out: the outputs of all phases; no overlap. scratch: what the convolutions want, then the outputs of
 * the largest phase; aligned to 4. */
void tr_transpose_conv_mve_s16(const tr_transpose_conv_mve16 *conv, const int16_t *in, int16_t *out,
                               void *scratch);

#ifdef __cplusplus
}
#endif

#endif
