/* tanh of int16. */
#include "tinyrob/tr_int16.h"

int32_t tr_tanh16(int32_t x)
{
    const uint32_t magnitude = (uint32_t)(x < 0 ? -x : x);
    const int32_t at = magnitude >= 255u << 8 ? 0xFFFF << 8 : tr_interpolate16(magnitude, 8);
    return (x >= 0 ? at - (1 << 23) + (1 << 7) : -at + (1 << 23) + (1 << 7) - 1) >> 8;
}
