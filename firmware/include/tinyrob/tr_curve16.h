/* What sigmoid and tanh of int16 are told. */
#ifndef TINYROB_TR_CURVE16_H
#define TINYROB_TR_CURVE16_H

#include "tinyrob/tr_output16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The argument of the curve is (value * multiplier) / 2^shift, halves up, in units of 1 / (3 * 2^12);
 * multiplier in [0, 2^15), shift in [0, 31]. */
typedef struct tr_curve16 {
    uint32_t elements;
    int32_t multiplier;
    int8_t shift;
    tr_output16 output;
} tr_curve16;

/* One value's argument. */
static inline int32_t tr_curve16_argument(const tr_curve16 *layer, int32_t value)
{
    const int32_t half = layer->shift > 0 ? (int32_t)(1u << (layer->shift - 1)) : 0;
    return (value * layer->multiplier + half) >> layer->shift;
}

#ifdef __cplusplus
}
#endif

#endif
