#include "tr_micro_channel.h"

#include <stddef.h>

/* How far log2(1 + i / 128) is above i / 128, in Q16. */
static const uint16_t above[130] = {
    0,    224,  442,  654,  861,  1063, 1259, 1450, 1636, 1817, 1992, 2163, 2329, 2490, 2646,
    2797, 2944, 3087, 3224, 3358, 3487, 3611, 3732, 3848, 3960, 4068, 4172, 4272, 4368, 4460,
    4549, 4633, 4714, 4791, 4864, 4934, 5001, 5063, 5123, 5178, 5231, 5280, 5326, 5368, 5408,
    5444, 5477, 5507, 5533, 5557, 5578, 5595, 5610, 5622, 5631, 5637, 5640, 5641, 5638, 5633,
    5626, 5615, 5602, 5586, 5568, 5547, 5524, 5498, 5470, 5439, 5406, 5370, 5332, 5291, 5249,
    5203, 5156, 5106, 5054, 5000, 4944, 4885, 4825, 4762, 4697, 4630, 4561, 4490, 4416, 4341,
    4264, 4184, 4103, 4020, 3935, 3848, 3759, 3668, 3575, 3481, 3384, 3286, 3186, 3084, 2981,
    2875, 2768, 2659, 2549, 2437, 2323, 2207, 2090, 1971, 1851, 1729, 1605, 1480, 1353, 1224,
    1094, 963,  830,  695,  559,  421,  282,  142,  0,    0,
};

/* How many bits x has: 0 for 0. */
static uint32_t bits_of(uint32_t x)
{
#ifdef __GNUC__
    return x == 0U ? 0U : 32U - (uint32_t)__builtin_clz(x);
#else
    uint32_t count = 0;
    for (; x > 0U; x >>= 1) {
        count++;
    }
    return count;
#endif
}

uint32_t tr_micro_root(uint64_t x)
{
    const uint32_t high = (uint32_t)(x >> 32);
    const uint32_t limit = high == 0U ? 0xffffU : 0xffffffffU;
    const uint32_t bits = high == 0U ? bits_of((uint32_t)x) : 32U + bits_of(high);
    uint64_t root = 0, bit = bits == 0U ? 0U : (uint64_t)1 << ((bits - 1U) & ~1U);
    for (; bit > 0U; bit >>= 2) {
        if (x >= root + bit) {
            x -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    return (uint32_t)root + (x > root && root != limit ? 1U : 0U);
}

static uint32_t less_noise(const tr_micro *micro, uint32_t channel, uint32_t signal,
                           uint32_t *noise)
{
    const uint32_t smoothing = (channel & 1U) == 0U ? micro->even : micro->odd;
    const uint32_t scaled = signal << micro->smoothing_bits;
    const uint32_t estimate = (uint32_t)(((uint64_t)scaled * smoothing +
                                          (uint64_t)*noise * ((1U << 14) - smoothing)) >>
                                         14);
    const uint32_t below = estimate < scaled ? estimate : scaled;
    const uint32_t left = (scaled - below) >> micro->smoothing_bits;
    const uint32_t least = (uint32_t)(((uint64_t)signal * micro->least) >> 14);
    *noise = estimate;
    return left > least ? left : least;
}

/* A parabola an octave of noise. */
static uint32_t gain_of(const int16_t *gains, uint32_t noise)
{
    if (noise <= 2U) {
        return (uint32_t)(int32_t)gains[noise];
    }
    const uint32_t octave = bits_of(noise);
    const int16_t *const curve = gains + 4U * octave - 6U;
    const int32_t part =
        (int32_t)((octave < 11U ? noise << (11U - octave) : noise >> (octave - 11U)) & 0x3ffU);
    const int32_t slope = ((curve[2] * part) >> 5) + curve[1] * 32;
    const int32_t bent = (int32_t)((uint32_t)slope * (uint32_t)part + (1U << 14)) >> 15;
    return (uint32_t)(int32_t)(int16_t)(bent + curve[0]);
}

static uint32_t with_gain(const tr_micro *micro, uint32_t signal, uint32_t noise)
{
    const uint32_t ratio = (uint32_t)(((uint64_t)signal * gain_of(micro->gains, noise)) >>
                                      micro->ratio_shift);
    return ratio < (2U << 12) ? (ratio * ratio) >> 20 : (ratio >> 6) - (1U << 6);
}

/* 2^scale_shift times the natural logarithm, at most 2^16 - 1. */
static uint32_t log_of(const tr_micro *micro, uint32_t signal)
{
    const uint32_t x = micro->correction_bits < 0 ? signal >> -micro->correction_bits
                                                  : signal << micro->correction_bits;
    if (x <= 1U) {
        return 0;
    }
    const uint32_t place = bits_of(x) - 1U, rest = x - (1U << place);
    const uint32_t fine = place < 16U ? rest << (16U - place) : rest >> (place - 16U);
    const uint32_t segment = fine >> 9;
    const int32_t low = above[segment], slope = above[segment + 1U] - low;
    const int32_t more = low + ((slope * (int32_t)(fine & 511U)) >> 16);
    const uint32_t log2 = (place << 16) + fine + (uint32_t)more;
    const uint32_t natural = (uint32_t)((45426ULL * log2 + (1U << 15)) >> 16);
    const uint32_t scaled = ((natural << micro->scale_shift) + (1U << 15)) >> 16;
    return scaled < 0xffffU ? scaled : 0xffffU;
}

int8_t tr_micro_channel(const tr_micro *micro, uint32_t channel, uint32_t signal, uint32_t *noise)
{
    uint32_t left = less_noise(micro, channel, signal, noise);
    if (micro->gains != NULL) {
        left = with_gain(micro, left, *noise);
    }
    const int32_t q = (int32_t)((log_of(micro, left) * 256U + 333U) / 666U) - 128;
    return (int8_t)(q > 127 ? 127 : q);
}
