/* The exponential and the reciprocal in gemmlowp's fixed point, as TFLite's int8 kernels use them.
 * Qm.n below has m integer and n fractional bits beside the sign. */
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

/* exp(x) in Q0.31 for x in [-1/4, 0) in Q0.31: a Taylor series around -1/8. */
static inline int32_t tr_exp_quarter(int32_t x)
{
    const int32_t exp_eighth = 1895147668; /* exp(-1/8) */
    const int32_t third = 715827883;
    const int32_t d = x + (1 << 28);
    const int32_t d2 = tr_doubling_high_mul(d, d);
    const int32_t d3 = tr_doubling_high_mul(d2, d);
    const int32_t d4 = tr_doubling_high_mul(d2, d2);
    const int32_t cubic = tr_doubling_high_mul(tr_divide_by_pot(d4, 2) + d3, third);
    const int32_t series = d + tr_divide_by_pot(cubic + d2, 1);
    return tr_saturate((int64_t)exp_eighth + tr_doubling_high_mul(exp_eighth, series));
}

/* exp(x) in Q0.31 for x <= 0 in Q5.26: a quarter's part, times exp(-2^k) for each bit left. */
static inline int32_t tr_exp_negative(int32_t x)
{
    static const int32_t factor[7] = {1672461947, 1302514674, 790015084, 290630308,
                                      39332535,   720401,     242};
    const int32_t quarter = 1 << 24;
    const int32_t part = (x & (quarter - 1)) - quarter;
    const int32_t rest = part - x;
    int32_t result = tr_exp_quarter(part * 32);
    for (uint32_t bit = 0; bit < 7; bit++) {
        if (((uint32_t)rest >> (24 + bit)) & 1u) {
            result = tr_doubling_high_mul(result, factor[bit]);
        }
    }
    return x == 0 ? INT32_MAX : result;
}

#endif
