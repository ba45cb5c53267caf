/* Dense layer, int8, per tensor or per channel: TFLite's FULLY_CONNECTED. */
#ifndef TINYROB_TR_FULLY_CONNECTED_S8_H
#define TINYROB_TR_FULLY_CONNECTED_S8_H

#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `weights` are laid out as the chosen kernel reads them. `bias` has out_c entries and holds the
 * input's zero point already; multiplier and shift have out_c entries where per_channel is 1 and
 * one where it is 0. |bias| + 255 * (sum of |weights| of a channel) < 2^31. */
typedef struct tr_fully_connected {
    uint32_t batches, in_c, out_c;
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *shift;
    uint8_t per_channel;
    tr_output output;
} tr_fully_connected;

/* in: batches * in_c values; out: batches * out_c; no overlap. */
void tr_fully_connected_s8(const tr_fully_connected *dense, const int8_t *in, int8_t *out,
                           void *scratch);

#ifdef __cplusplus
}
#endif

#endif
