/* Dense layer on Cortex-M with MVE, int16 with int8 weights: TFLite's FULLY_CONNECTED of 16x8. */
#ifndef TINYROB_TR_FULLY_CONNECTED_MVE_S16_H
#define TINYROB_TR_FULLY_CONNECTED_MVE_S16_H

#include "tinyrob/tr_sums16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_fully_connected16; `stream` and `sums` as kernels/mve/tr_mve_outputs16.h has them. */
typedef struct tr_fully_connected_mve16 {
    uint32_t batches, in_c, out_c;
    const int32_t *stream;
    tr_sums16 sums;
} tr_fully_connected_mve16;

/* in: batches * in_c values; out: batches * out_c; no overlap. */
void tr_fully_connected_mve_s16(const tr_fully_connected_mve16 *dense, const int16_t *in,
                                int16_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
