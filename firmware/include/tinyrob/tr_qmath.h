/* Integer arithmetic of TFLite's int8 kernels, bit for bit: the only rounding code in C.
 *
 * A real multiplier is an int32 `multiplier` in [2^30, 2^31) (or 0) and a `shift` in [-31, 30]:
 * real = multiplier * 2^(shift - 31). Products are rounded twice, as TFLite's reference does:
 * first to 32 bits, half up; then by the right shift, half away from zero.
 *
 * Right shifts of negative integers are taken to be arithmetic and conversions to int32_t to be
 * modulo 2^32, as every compiler in use does; left shifts are made on unsigned values. */
#ifndef TINYROB_TR_QMATH_H
#define TINYROB_TR_QMATH_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How an accumulator becomes an int8: + zero_point, then a clamp to [lo, hi]. */
typedef struct tr_output {
    int8_t zero_point;
    int8_t lo;
    int8_t hi;
} tr_output;

/* (a * b * 2) / 2^32, rounded to nearest with halves up, for a, b not both INT32_MIN.
 *
 * TFLite adds 2^30 to a product >= 0 and 1 - 2^30 to one below, then divides by 2^31 towards
 * zero. For a negative product p, ceil((p + 1 - 2^30) / 2^31) = floor((p + 2^30) / 2^31): so one
 * nudge and an arithmetic shift serve both. */
static inline int32_t tr_doubling_high_mul(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}

/* x / 2^exponent rounded to nearest, halves away from zero; exponent in [0, 31]. */
static inline int32_t tr_divide_by_pot(int32_t x, int32_t exponent)
{
    const int32_t mask = (int32_t)(((uint32_t)1 << exponent) - 1u);
    const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
    return (x >> exponent) + ((x & mask) > threshold ? 1 : 0);
}

/* x * 2^exponent modulo 2^32; exponent in [0, 31]. */
static inline int32_t tr_shift_left(int32_t x, int32_t exponent)
{
    return (int32_t)((uint32_t)x << exponent);
}

/* x times the real multiplier; multiplier >= 0, shift in [-31, 30]. */
static inline int32_t tr_multiply(int32_t x, int32_t multiplier, int32_t shift)
{
    const int32_t left = shift > 0 ? shift : 0;
    const int32_t right = shift > 0 ? 0 : -shift;
    return tr_divide_by_pot(tr_doubling_high_mul(tr_shift_left(x, left), multiplier), right);
}

/* x, already on the output's scale, as an int8. */
static inline int8_t tr_clamp(int32_t x, const tr_output *to)
{
    int32_t q = (int32_t)((uint32_t)x + (uint32_t)(int32_t)to->zero_point);
    q = q < to->lo ? to->lo : q;
    q = q > to->hi ? to->hi : q;
    return (int8_t)q;
}

/* The epilogue of every kernel with an accumulator: rescale, add the zero point, clamp. */
static inline int8_t tr_requantize(int32_t accumulator, int32_t multiplier, int32_t shift,
                                   const tr_output *to)
{
    return tr_clamp(tr_multiply(accumulator, multiplier, shift), to);
}

#ifdef __cplusplus
}
#endif

#endif
