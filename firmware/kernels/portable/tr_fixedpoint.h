/* Reciprocals in gemmlowp's fixed point, as TFLite's int8 kernels use them. */
#ifndef TR_FIXEDPOINT_H
#define TR_FIXEDPOINT_H

#include "tinyrob/tr_qmath.h"

static inline int32_t tr_saturate(int64_t x)
{
    return x > INT32_MAX ? INT32_MAX : x < INT32_MIN ? INT32_MIN : (int32_t)x;
}

/* 32 for 0. */
static inline int32_t tr_leading_zeros(uint32_t x)
{
    int32_t zeros = 0;
    for (; zeros < 32 && !(x & 0x80000000u); x <<= 1) {
        zeros++;
    }
    return zeros;
}

/* 1 / (1 + x) in Q0.31 for x in [0, 1) in Q0.31: three Newton-Raphson steps. Of x = -1 it makes
 * what TFLite does. */
static inline int32_t tr_reciprocal(int32_t x)
{
    const int64_t sum = (int64_t)x + INT32_MAX;
    const int32_t half = sum < 0 ? -1 : (int32_t)((sum + 1) / 2);
    int32_t y = 1515870810 + tr_doubling_high_mul(half, -1010580540); /* Q2.29: 48/17 - 32/17 h */
    for (int32_t step = 0; step < 3; step++) {
        const int32_t error = (1 << 29) - tr_doubling_high_mul(half, y);
        const int32_t more = tr_saturate((int64_t)tr_doubling_high_mul(y, error) * 4);
        y = (int32_t)((uint32_t)y + (uint32_t)more);
    }
    return tr_saturate((int64_t)y * 2);
}

#endif
