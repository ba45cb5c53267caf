#include "tr_log2.h"

/* log2(1 + i / 64) in Q15. */
static const uint16_t table[65] = {
    0,     733,   1455,  2166,  2866,  3556,  4236,  4907,  5568,  6220,  6863,  7498,  8124,
    8742,  9352,  9954,  10549, 11136, 11716, 12289, 12855, 13415, 13968, 14514, 15055, 15589,
    16117, 16639, 17156, 17667, 18173, 18673, 19168, 19658, 20143, 20623, 21098, 21568, 22034,
    22495, 22952, 23404, 23852, 24296, 24736, 25172, 25604, 26031, 26455, 26876, 27292, 27705,
    28114, 28520, 28922, 29321, 29717, 30109, 30498, 30884, 31267, 31647, 32024, 32397, 32768,
};

static uint32_t leading_zeros(uint32_t x)
{
#ifdef __GNUC__
    return (uint32_t)__builtin_clz(x);
#else
    uint32_t count = 0;
    for (; x < 0x80000000U; x <<= 1) {
        count++;
    }
    return count;
#endif
}

int32_t tr_log2_q9(uint64_t x)
{
    const uint32_t high = (uint32_t)(x >> 32);
    const uint32_t zeros = high > 0U ? leading_zeros(high) : 32U + leading_zeros((uint32_t)x);
    const uint32_t mantissa = (uint32_t)((x << zeros) >> 32);
    const uint32_t index = (mantissa >> 25) & 63U, rest = (mantissa >> 10) & 0x7fffU;
    const uint32_t low = table[index], slope = table[index + 1U] - low;
    return (int32_t)(((63U - zeros) << 15) + low + ((slope * rest) >> 15) + 32U) >> 6;
}
