/* Another scale, zero point or range for an int8 tensor: TFLite's QUANTIZE, RELU and RELU6. */
#ifndef TINYROB_TR_REQUANTIZE_S8_H
#define TINYROB_TR_REQUANTIZE_S8_H

#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* out = clamp((in + offset) * multiplier); offset in [-127, 128]. A bare clamp has multiplier
 * 2^30, shift 1 (the factor 1). */
typedef struct tr_requantizer {
    uint32_t elements;
    int32_t multiplier;
    int16_t offset;
    int8_t shift;
    tr_output output;
} tr_requantizer;

/* in and out: `elements` values; out may be in. */
void tr_requantize_s8(const tr_requantizer *layer, const int8_t *in, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
