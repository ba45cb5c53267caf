/* Between real values, or uint8, and the integers that a network works on: as TFLite computes it at
 * the border of a model with float32 or uint8 inputs. */
#ifndef TINYROB_TR_BORDER_H
#define TINYROB_TR_BORDER_H

#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* value / scale, rounded to nearest with halves away from zero, + zero_point, clamped to [lo, hi].
 * What is not a number counts as the least. */
static inline int32_t tr_quantize_within(float value, float scale, int32_t zero_point, int32_t lo,
                                         int32_t hi)
{
    const float limit = 1073741824.0f; /* 2^30: beyond it everything is clamped */
    const float steps = value / scale;
    int32_t whole;
    float rest;
    if (!(steps > -limit)) {
        return lo;
    }
    if (steps >= limit) {
        return hi;
    }
    whole = (int32_t)steps;
    rest = steps - (float)whole;
    whole += rest >= 0.5f ? 1 : 0;
    whole -= rest <= -0.5f ? 1 : 0;
    whole += zero_point;
    whole = whole < lo ? lo : whole;
    return whole > hi ? hi : whole;
}

/* The same as an int8. */
static inline int8_t tr_quantize(float value, float scale, int32_t zero_point)
{
    return (int8_t)tr_quantize_within(value, scale, zero_point, -128, 127);
}

/* The same as an int16. */
static inline int16_t tr_quantize16(float value, float scale, int32_t zero_point)
{
    return (int16_t)tr_quantize_within(value, scale, zero_point, -32768, 32767);
}

/* The real value of q. TFLite multiplies in double and rounds to float: as one product of floats
 * does, since the exact product fits a double. */
static inline float tr_dequantize(int32_t q, float scale, int32_t zero_point)
{
    return scale * (float)(q - zero_point);
}

/* An integer on one grid as one on another, clamped to [lo, hi]. */
static inline int32_t tr_regrid(int32_t q, int32_t from_zero, int32_t multiplier, int32_t shift,
                                int32_t to_zero, int32_t lo, int32_t hi)
{
    const int32_t made = tr_multiply(q - from_zero, multiplier, shift) + to_zero;
    return made < lo ? lo : (made > hi ? hi : made);
}

#ifdef __cplusplus
}
#endif

#endif
