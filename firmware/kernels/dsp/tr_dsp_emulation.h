/* Twins in C of the instructions of tr_dsp.h, which says what they do. Included by it alone. */
#ifndef TINYROB_TR_DSP_EMULATION_H
#define TINYROB_TR_DSP_EMULATION_H

#include <stdint.h>

static inline int32_t tr_lane(int32_t word, int32_t index)
{
    return (int16_t)((uint32_t)word >> (16 * index));
}

static inline int32_t tr_lanes(int32_t low, int32_t high)
{
    return (int32_t)(((uint32_t)low & 0xffffu) | (uint32_t)high << 16);
}

static inline int32_t tr_byte(int32_t word, int32_t index)
{
    return (int8_t)((uint32_t)word >> (8 * index));
}

static inline int32_t tr_smlad(int32_t a, int32_t b, int32_t sum)
{
    const int64_t both = (int64_t)tr_lane(a, 0) * tr_lane(b, 0) + tr_lane(a, 1) * tr_lane(b, 1);
    return (int32_t)((uint32_t)both + (uint32_t)sum);
}

static inline int32_t tr_smlabb(int32_t a, int32_t b, int32_t sum)
{
    return (int32_t)((uint32_t)(tr_lane(a, 0) * tr_lane(b, 0)) + (uint32_t)sum);
}

static inline int32_t tr_smlatt(int32_t a, int32_t b, int32_t sum)
{
    return (int32_t)((uint32_t)(tr_lane(a, 1) * tr_lane(b, 1)) + (uint32_t)sum);
}

static inline int32_t tr_smlabt(int32_t a, int32_t b, int32_t sum)
{
    return (int32_t)((uint32_t)(tr_lane(a, 0) * tr_lane(b, 1)) + (uint32_t)sum);
}

static inline int32_t tr_smlatb(int32_t a, int32_t b, int32_t sum)
{
    return tr_smlabt(b, a, sum);
}

static inline int32_t tr_sxtb16(int32_t word)
{
    return tr_lanes(tr_byte(word, 0), tr_byte(word, 2));
}

static inline int32_t tr_sxtb16_odd(int32_t word)
{
    return tr_lanes(tr_byte(word, 1), tr_byte(word, 3));
}

static inline int32_t tr_pack_low(int32_t a, int32_t b)
{
    return tr_lanes(a, b);
}

static inline int32_t tr_pack_high(int32_t a, int32_t b)
{
    return tr_lanes(tr_lane(a, 1), tr_lane(b, 1));
}

static inline int32_t tr_sadd16(int32_t a, int32_t b)
{
    return tr_lanes(tr_lane(a, 0) + tr_lane(b, 0), tr_lane(a, 1) + tr_lane(b, 1));
}

static inline int32_t tr_ssub16(int32_t a, int32_t b)
{
    return tr_lanes(tr_lane(a, 0) - tr_lane(b, 0), tr_lane(a, 1) - tr_lane(b, 1));
}

static inline int32_t tr_ssat8(int32_t x)
{
    return x < -128 ? -128 : x > 127 ? 127 : x;
}

static inline int32_t tr_max8(int32_t a, int32_t b)
{
    uint32_t word = 0;
    for (int32_t i = 0; i < 4; i++) {
        const int32_t larger = tr_byte(a, i) > tr_byte(b, i) ? tr_byte(a, i) : tr_byte(b, i);
        word |= ((uint32_t)larger & 0xffu) << (8 * i);
    }
    return (int32_t)word;
}

static inline int32_t tr_min8(int32_t a, int32_t b)
{
    uint32_t word = 0;
    for (int32_t i = 0; i < 4; i++) {
        const int32_t smaller = tr_byte(a, i) < tr_byte(b, i) ? tr_byte(a, i) : tr_byte(b, i);
        word |= ((uint32_t)smaller & 0xffu) << (8 * i);
    }
    return (int32_t)word;
}

static inline int32_t tr_smmlar(int32_t a, int32_t b, int32_t sum)
{
    const int64_t rounded = ((int64_t)a * b + ((int64_t)1 << 31)) >> 32;
    return (int32_t)((uint32_t)rounded + (uint32_t)sum);
}

static inline int32_t tr_smmulr(int32_t a, int32_t b)
{
    return tr_smmlar(a, b, 0);
}

#endif
