/* The inner product of dense rows: four output channels at a time. */
#ifndef TINYROB_TR_MVE_FOUR_SUMS_H
#define TINYROB_TR_MVE_FOUR_SUMS_H

#include "tr_mve.h"

/* Words of a stream for four channels over so many inputs. */
static inline uint32_t tr_mve_four_words(uint32_t inputs)
{
    return 4u + (inputs + 15u) / 16u * 16u;
}

/* Four sums over n >= 1 inputs. `stream`: four biases, then vectors of 16 weights of the four channels
 * in turn; what fills up the last ones is not looked at. 10 instructions for 64 MACs. */
static inline tr_v4 tr_mve_four_sums(const int8_t *in, const int32_t *stream, uint32_t n)
{
    int32_t a = stream[0], b = stream[1], c = stream[2], d = stream[3];
    const int8_t *weights = (const int8_t *)(stream + 4);
#ifdef TR_MVE_INSTRUCTIONS
    __asm__ volatile("dlstp.8 lr, %[n]\n"
                     "1:\n\t"
                     "vldrb.8 q0, [%[in]], #16\n\t"
                     "vldrb.8 q1, [%[w]], #16\n\t"
                     "vmladava.s8 %[a], q0, q1\n\t"
                     "vldrb.8 q2, [%[w]], #16\n\t"
                     "vmladava.s8 %[b], q0, q2\n\t"
                     "vldrb.8 q1, [%[w]], #16\n\t"
                     "vmladava.s8 %[c], q0, q1\n\t"
                     "vldrb.8 q2, [%[w]], #16\n\t"
                     "vmladava.s8 %[d], q0, q2\n\t"
                     "letp lr, 1b"
                     : [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d), [in] "+r"(in),
                       [w] "+r"(weights)
                     : [n] "r"(n)
                     : "q0", "q1", "q2", "lr", "memory");
#else
    for (uint32_t k = 0; k < n; k++) {
        const int8_t *w = weights + k / 16u * 64u + k % 16u;
        a += in[k] * w[0];
        b += in[k] * w[16];
        c += in[k] * w[32];
        d += in[k] * w[48];
    }
#endif
    return tr_v4_four(a, b, c, d);
}

#endif
