/* Dense layer, int16 with int8 weights, per channel: TFLite's FULLY_CONNECTED of 16x8. */
#ifndef TINYROB_TR_FULLY_CONNECTED_S16_H
#define TINYROB_TR_FULLY_CONNECTED_S16_H

#include "tinyrob/tr_sums16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `weights` are laid out as the chosen kernel reads them. */
typedef struct tr_fully_connected16 {
    uint32_t batches, in_c, out_c;
    const int8_t *weights;
    tr_sums16 sums;
} tr_fully_connected16;

/* in: batches * in_c values; out: batches * out_c; no overlap. */
void tr_fully_connected_s16(const tr_fully_connected16 *dense, const int16_t *in, int16_t *out,
                            void *scratch);

#ifdef __cplusplus
}
#endif

#endif
