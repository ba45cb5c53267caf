/* Inner products of the portable convolution and dense kernels.
 *
 * Weights come in blocks of four output channels: the four weights of tap 0, then those of tap 1,
 * and so on. The channels that are left over (out_c modulo 4) follow, one after the other. So one
 * pointer walks through the weights, and an input value is loaded once for four products: 3.25
 * instructions a MAC in the inner loop on Thumb-2, 3.9 all in on ResNet-8. */
#ifndef TINYROB_TR_DOT_H
#define TINYROB_TR_DOT_H

#include <stdint.h>

/* Pixels at a time: two where there are registers for their sums, not on Thumb, which has 14. */
#ifdef __thumb__
#define TR_DOT_PIXELS 1
#else
#define TR_DOT_PIXELS 2
#endif

/* sum[j] += (in[i] + offset) * w[4 * i + j] for i in [0, n); n >= 0, offset in [-127, 128]. */
static inline void tr_dot_4(int32_t sum[4], const int8_t *in, const int8_t *w, int32_t n,
                            int32_t offset)
{
    int32_t s0 = sum[0], s1 = sum[1], s2 = sum[2], s3 = sum[3];
    for (const int8_t *end = in + n; in != end; in++, w += 4) {
        const int32_t x = *in + offset;
        s0 += x * w[0];
        s1 += x * w[1];
        s2 += x * w[2];
        s3 += x * w[3];
    }
    sum[0] = s0;
    sum[1] = s1;
    sum[2] = s2;
    sum[3] = s3;
}

/* As tr_dot_4, of two rows of inputs: sum[j] are of `a`, sum[4 + j] of `b`. A weight is loaded once
 * for both: 2.9 instructions a MAC on RV32. */
static inline void tr_dot_4_by_2(int32_t sum[8], const int8_t *a, const int8_t *b, const int8_t *w,
                                 int32_t n, int32_t offset)
{
    int32_t a0 = sum[0], a1 = sum[1], a2 = sum[2], a3 = sum[3];
    int32_t b0 = sum[4], b1 = sum[5], b2 = sum[6], b3 = sum[7];
    for (const int8_t *end = a + n; a != end; a++, b++, w += 4) {
        const int32_t x = *a + offset, y = *b + offset;
        a0 += x * w[0];
        b0 += y * w[0];
        a1 += x * w[1];
        b1 += y * w[1];
        a2 += x * w[2];
        b2 += y * w[2];
        a3 += x * w[3];
        b3 += y * w[3];
    }
    sum[0] = a0;
    sum[1] = a1;
    sum[2] = a2;
    sum[3] = a3;
    sum[4] = b0;
    sum[5] = b1;
    sum[6] = b2;
    sum[7] = b3;
}

/* The same for one channel. */
static inline int32_t tr_dot_1(int32_t sum, const int8_t *in, const int8_t *w, int32_t n,
                               int32_t offset)
{
    for (const int8_t *end = in + n; in != end; in++, w++) {
        sum += (*in + offset) * *w;
    }
    return sum;
}

#endif
