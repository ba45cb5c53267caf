/* Memory and fields of kernels on int16. */
#ifndef SIXTEEN_H
#define SIXTEEN_H

#include "proof.h"

#define ANY16 ANY(int16_t, -32768, 32767)
#define ANY_OUTPUT16 {ANY16, ANY16}
#define BIAS16 ((int64_t)1 << 46)
/* Of sums of 64 bits; those of 32 bits have a bias that leaves room for 27 products. */
#define WIDE_SUMS(channels)                                                                        \
    {any_longs(channels, -BIAS16, BIAS16), any_words(channels, 0, 32768),                          \
     any_shifts(channels, 8, 46), 1, ANY_OUTPUT16}
#define NARROW_SUMS(channels)                                                                      \
    {any_longs(channels, -NARROW_BIAS, NARROW_BIAS), any_words(channels, 0, INT32_MAX),            \
     any_shifts(channels, -31, 30), 0, ANY_OUTPUT16}
#define NARROW_BIAS (INT32_MAX - 32768 * 128 * 27)

static inline int16_t *any_shorts(int32_t count)
{
    int16_t *shorts = malloc(sizeof(int16_t) * (size_t)count);
    for (int32_t i = 0; i < count; i++) {
        shorts[i] = ANY16;
    }
    return shorts;
}

static inline int64_t *any_longs(int32_t count, int64_t lo, int64_t hi)
{
    int64_t *longs = malloc(sizeof(int64_t) * (size_t)count);
    for (int32_t i = 0; i < count; i++) {
        longs[i] = Frama_C_long_long_interval(lo, hi);
    }
    return longs;
}

/* Memory that nobody has written to. */
static inline int16_t *fresh16(int32_t count)
{
    return malloc(sizeof(int16_t) * (size_t)count);
}

/* Reads each value: an alarm where one was not written. */
static inline void all_written16(const int16_t *values, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        /*@ assert \initialized(values + i); */
    }
}

#endif
