/* sigmoid and tanh of int16 by a table, as TFLite's reference interpolates them. */
#ifndef TINYROB_TR_INT16_H
#define TINYROB_TR_INT16_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Clamped to int16. */
static inline int32_t tr_saturate16(int32_t x)
{
    x = x < -32768 ? -32768 : x;
    return x > 32767 ? 32767 : x;
}

/* A table of sigmoids at magnitude / 2^bits, times 2^bits. */
/*@ requires bits == 8 || bits == 9;
    requires magnitude < 255 * (1 << bits);
    assigns \result \from magnitude, bits;
    ensures 32768 * (1 << bits) <= \result < 65535 * (1 << bits); */
int32_t tr_interpolate16(uint32_t magnitude, uint32_t bits);

/* 1 / (1 + exp(-x)) and tanh(x) in units of 2^-15, for x in units of 1 / (3 * 2^12). */
/*@ requires x > INT32_MIN;
    assigns \result \from x;
    ensures 0 <= \result <= 32767; */
int32_t tr_sigmoid16(int32_t x);
/*@ requires x > INT32_MIN;
    assigns \result \from x;
    ensures -32767 <= \result <= 32767; */
int32_t tr_tanh16(int32_t x);

#ifdef __cplusplus
}
#endif

#endif
