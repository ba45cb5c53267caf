/* 1 / (1 + exp(-x)) of int16. */
#include "tinyrob/tr_int16.h"

int32_t tr_sigmoid16(int32_t x)
{
    const uint32_t magnitude = (uint32_t)(x < 0 ? -x : x);
    const int32_t at = magnitude >= 255u << 9 ? 0x7FFF << 10 : tr_interpolate16(magnitude, 9);
    return (x >= 0 ? at + (1 << 9) : (1 << 25) - at + (1 << 9) - 1) >> 10;
}
