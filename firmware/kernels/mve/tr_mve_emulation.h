/* tr_mve.h's vectors in C, lane by lane: for machines without MVE. */
#ifndef TINYROB_TR_MVE_EMULATION_H
#define TINYROB_TR_MVE_EMULATION_H

#include <stdint.h>

typedef struct tr_v4 {
    int32_t lane[4];
} tr_v4;

/* How many lanes, from the first. */
typedef int32_t tr_v4_mask;

#define TR_V4_EACH(value)                                                                         \
    tr_v4 result;                                                                                 \
    for (int32_t i = 0; i < 4; i++) {                                                             \
        result.lane[i] = (value);                                                                 \
    }                                                                                             \
    return result

/* x / 2^-shift rounded to nearest, halves up; shift in [-31, 0]. */
static inline int32_t tr_mve_rounding_shift(int32_t x, int32_t shift)
{
    return (int32_t)(((int64_t)x + (((int64_t)1 << -shift) >> 1)) >> -shift);
}

static inline tr_v4_mask tr_v4_first(int32_t n)
{
    return n < 4 ? n : 4;
}

static inline tr_v4 tr_v4_load8(const int8_t *from, tr_v4_mask mask)
{
    TR_V4_EACH(i < mask ? from[i] : 0);
}

static inline void tr_v4_store8(int8_t *to, tr_v4 v, tr_v4_mask mask)
{
    for (int32_t i = 0; i < mask; i++) {
        to[i] = (int8_t)(v.lane[i] & 0xff);
    }
}

static inline tr_v4 tr_v4_load(const int32_t *from)
{
    TR_V4_EACH(from[i]);
}

static inline void tr_v4_store(int32_t *to, tr_v4 v)
{
    for (int32_t i = 0; i < 4; i++) {
        to[i] = v.lane[i];
    }
}

static inline tr_v4 tr_v4_all(int32_t x)
{
    TR_V4_EACH(x);
}

static inline tr_v4 tr_v4_four(int32_t a, int32_t b, int32_t c, int32_t d)
{
    TR_V4_EACH(i == 0 ? a : i == 1 ? b : i == 2 ? c : d);
}

static inline tr_v4 tr_v4_add(tr_v4 a, tr_v4 b)
{
    TR_V4_EACH((int32_t)((uint32_t)a.lane[i] + (uint32_t)b.lane[i]));
}

static inline tr_v4 tr_v4_add_n(tr_v4 a, int32_t n)
{
    return tr_v4_add(a, tr_v4_all(n));
}

static inline tr_v4 tr_v4_sign(tr_v4 a)
{
    TR_V4_EACH(a.lane[i] < 0 ? -1 : 0);
}

static inline tr_v4 tr_v4_and(tr_v4 a, tr_v4 b)
{
    TR_V4_EACH(a.lane[i] & b.lane[i]);
}

static inline tr_v4 tr_v4_high_mul(tr_v4 a, tr_v4 b)
{
    TR_V4_EACH(tr_doubling_high_mul(a.lane[i], b.lane[i]));
}

static inline tr_v4 tr_v4_rounding_shift(tr_v4 a, tr_v4 shift)
{
    TR_V4_EACH(tr_mve_rounding_shift(a.lane[i], shift.lane[i]));
}

static inline tr_v4 tr_v4_max(tr_v4 a, tr_v4 b)
{
    TR_V4_EACH(a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]);
}

static inline tr_v4 tr_v4_min(tr_v4 a, tr_v4 b)
{
    TR_V4_EACH(a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]);
}

#endif
