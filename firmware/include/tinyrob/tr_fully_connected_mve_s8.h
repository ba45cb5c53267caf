/* Dense layer on Cortex-M with MVE, int8, per tensor or per channel: TFLite's FULLY_CONNECTED. */
#ifndef TINYROB_TR_FULLY_CONNECTED_MVE_S8_H
#define TINYROB_TR_FULLY_CONNECTED_MVE_S8_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `stream` holds, for each group of four channels and n = ceil(in_c / 16): four biases with the
 * input's zero point; n times 16 weights of each channel in turn, filled up with zeros; four
 * multipliers m; four shifts -e. A multiplier is m * 2^(-e - 31) with m in [2^30, 2^31) or 0,
 * and 0 <= e <= 31; sums are in (-2^31, 2^31). Channels that are missing in the last group are
 * zero. `rectified` is 1 where lo >= zero_point. */
typedef struct tr_fully_connected_mve {
    uint32_t batches, in_c, out_c;
    uint8_t rectified;
    int8_t zero_point, lo, hi;
    const int32_t *stream;
} tr_fully_connected_mve;

/* in: batches * in_c values; out: batches * out_c; no overlap. */
void tr_fully_connected_mve_s8(const tr_fully_connected_mve *dense, const int8_t *in, int8_t *out,
                               void *scratch);

#ifdef __cplusplus
}
#endif

#endif
