/* Dense layer on Cortex-M with DSP, int16 with int8 weights: TFLite's FULLY_CONNECTED of 16x8. */
#ifndef TINYROB_TR_FULLY_CONNECTED_DSP_S16_H
#define TINYROB_TR_FULLY_CONNECTED_DSP_S16_H

#include "tinyrob/tr_fully_connected_s16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_fully_connected16; `sums` as kernels/dsp/tr_dsp_dot16.h has them. */
typedef struct tr_fully_connected_dsp16 {
    uint32_t batches, in_c, out_c;
    const int32_t *weights;
    tr_sums16 sums;
} tr_fully_connected_dsp16;

/* `weights` as kernels/dsp/tr_dsp_dot16.h has them. scratch: a row in whole fours of int16, where
 * in_c is no multiple of 4. */
void tr_fully_connected_dsp_s16(const tr_fully_connected_dsp16 *dense, const int16_t *in,
                                int16_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
