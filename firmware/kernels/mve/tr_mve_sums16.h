/* Four neighbouring channels of int16 as lanes: their values, and sums as outputs. */
#ifndef TINYROB_TR_MVE_SUMS16_H
#define TINYROB_TR_MVE_SUMS16_H

#include "tinyrob/tr_sums16.h"
#include "tr_mve.h"

/* `wide` of a tr_sums16 whose sums, bias included, stay within 32 bits: `multiplier` m in [0, 2^31)
 * and `shift` e in [1, 31] with real = m * 2^(-e - 32). Then (sum * m + 2^(e + 31)) >> (e + 32), which
 * is what tr_multiply_wide rounds, is VMULH's upper word of sum * m, shifted by VRSHL. */
enum { TR_MVE_NARROW = 2 };

#ifdef TR_MVE_INSTRUCTIONS

/* Four int16, of which those that the mask leaves out are not read and become 0. */
static inline tr_v4 tr_v4_load16(const int16_t *from, tr_v4_mask mask)
{
    return vldrhq_z_s32(from, mask);
}

static inline void tr_v4_store16(int16_t *to, tr_v4 v, tr_v4_mask mask)
{
    vstrhq_p_s32(to, v, mask);
}

static inline tr_v4 tr_v4_load_some(const int32_t *from, tr_v4_mask mask)
{
    return vldrwq_z_s32(from, mask);
}

/* The lower words of four int64. */
static inline tr_v4 tr_v4_load_lower(const int64_t *from, tr_v4_mask mask)
{
    return vldrwq_gather_offset_z_s32((const int32_t *)(const void *)from, vidupq_n_u32(0, 8),
                                      mask);
}

/* a + b * c, products below 2^31. */
static inline tr_v4 tr_v4_multiply_add(tr_v4 a, tr_v4 b, tr_v4 c)
{
    return vaddq_s32(a, vmulq_s32(b, c));
}

/* The upper words of products. */
static inline tr_v4 tr_v4_upper(tr_v4 a, tr_v4 b)
{
    return vmulhq_s32(a, b);
}

static inline tr_v4 tr_v4_negative(tr_v4 a)
{
    return vnegq_s32(a);
}

#else

static inline tr_v4 tr_v4_load16(const int16_t *from, tr_v4_mask mask)
{
    TR_V4_EACH(i < mask ? from[i] : 0);
}

static inline void tr_v4_store16(int16_t *to, tr_v4 v, tr_v4_mask mask)
{
    for (int32_t i = 0; i < mask; i++) {
        to[i] = (int16_t)v.lane[i];
    }
}

static inline tr_v4 tr_v4_load_some(const int32_t *from, tr_v4_mask mask)
{
    TR_V4_EACH(i < mask ? from[i] : 0);
}

static inline tr_v4 tr_v4_load_lower(const int64_t *from, tr_v4_mask mask)
{
    TR_V4_EACH(i < mask ? (int32_t)from[i] : 0);
}

static inline tr_v4 tr_v4_multiply_add(tr_v4 a, tr_v4 b, tr_v4 c)
{
    TR_V4_EACH(a.lane[i] + b.lane[i] * c.lane[i]);
}

static inline tr_v4 tr_v4_upper(tr_v4 a, tr_v4 b)
{
    TR_V4_EACH((int32_t)(((int64_t)a.lane[i] * b.lane[i]) >> 32));
}

static inline tr_v4 tr_v4_negative(tr_v4 a)
{
    TR_V4_EACH(-a.lane[i]);
}

#endif

/* Up to `count` outputs, from `channel` on, of sums without their biases, narrow. */
static inline void tr_mve_outputs_narrow(tr_v4 sums, const tr_sums16 *of, int32_t channel,
                                         int32_t count, int16_t *out)
{
    const tr_v4_mask mask = tr_v4_first(count);
    const tr_v4 all = tr_v4_add(sums, tr_v4_load_lower(of->bias + channel, mask));
    const tr_v4 upper = tr_v4_upper(all, tr_v4_load_some(of->multiplier + channel, mask));
    const tr_v4 shift = tr_v4_negative(tr_v4_load8(of->shift + channel, mask));
    tr_v4_store16(out,
                  tr_v4_clamp(tr_v4_rounding_shift(upper, shift), 0, tr_v4_all(of->output.lo),
                              tr_v4_all(of->output.hi)),
                  mask);
}

#endif
