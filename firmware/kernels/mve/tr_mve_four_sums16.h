/* The inner product of int16 activations and int8 weights: four output channels at a time. */
#ifndef TINYROB_TR_MVE_FOUR_SUMS16_H
#define TINYROB_TR_MVE_FOUR_SUMS16_H

#include "tr_mve.h"

/* 256 products of 2^15 and 2^7 fit an int32. */
enum { TR_MVE_RUN16 = 256 };

/* Words of a stream for four channels over so many inputs. */
static inline uint32_t tr_mve_four_words16(uint32_t inputs)
{
    return (inputs + 7u) / 8u * 8u;
}

/* Four sums over n >= 1 inputs, each below 2^31. `stream`: vectors of 8 weights of the four channels
 * in turn; what fills up the last ones is not looked at. 10 instructions for 32 MACs. */
static inline tr_v4 tr_mve_four_sums_narrow16(const int16_t *in, const int32_t *stream, uint32_t n)
{
    int32_t a = 0, b = 0, c = 0, d = 0;
    const int8_t *weights = (const int8_t *)stream;
#ifdef TR_MVE_INSTRUCTIONS
    __asm__ volatile("dlstp.16 lr, %[n]\n"
                     "1:\n\t"
                     "vldrh.16 q0, [%[in]], #16\n\t"
                     "vldrb.s16 q1, [%[w]], #8\n\t"
                     "vmladava.s16 %[a], q0, q1\n\t"
                     "vldrb.s16 q2, [%[w]], #8\n\t"
                     "vmladava.s16 %[b], q0, q2\n\t"
                     "vldrb.s16 q1, [%[w]], #8\n\t"
                     "vmladava.s16 %[c], q0, q1\n\t"
                     "vldrb.s16 q2, [%[w]], #8\n\t"
                     "vmladava.s16 %[d], q0, q2\n\t"
                     "letp lr, 1b"
                     : [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d), [in] "+r"(in),
                       [w] "+l"(weights)
                     : [n] "r"(n)
                     : "q0", "q1", "q2", "lr", "memory");
#else
    for (uint32_t k = 0; k < n; k++) {
        const int8_t *w = weights + k / 8u * 32u + k % 8u;
        a += in[k] * w[0];
        b += in[k] * w[8];
        c += in[k] * w[16];
        d += in[k] * w[24];
    }
#endif
    return tr_v4_four(a, b, c, d);
}

/* Adds to four sums those over n inputs, 1 <= n <= TR_MVE_RUN16. */
static inline void tr_mve_four_sums16_run(int64_t sums[4], const int16_t *in,
                                          const int32_t *stream, uint32_t n)
{
    int32_t made[4];
    tr_v4_store(made, tr_mve_four_sums_narrow16(in, stream, n));
    for (uint32_t j = 0; j < 4u; j++) {
        sums[j] += made[j];
    }
}

/* The same over any n. */
static inline void tr_mve_four_sums16(int64_t sums[4], const int16_t *in, const int32_t *stream,
                                      uint32_t n)
{
    for (; n > TR_MVE_RUN16; n -= TR_MVE_RUN16, in += TR_MVE_RUN16, stream += TR_MVE_RUN16) {
        tr_mve_four_sums16_run(sums, in, stream, TR_MVE_RUN16);
    }
    tr_mve_four_sums16_run(sums, in, stream, n);
}

#endif
