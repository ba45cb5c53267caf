/* Inner products of the portable convolution and dense kernels.
 *
 * Weights come in blocks of four output channels: the four weights of tap 0, then those of tap 1,
 * and so on. The channels that are left over (out_c modulo 4) follow, one after the other. So one
 * pointer walks through the weights, and an input value is loaded once for four products: 3.25
 * instructions a MAC in the inner loop on Thumb-2, 3.9 all in on ResNet-8. */
#ifndef TINYROB_TR_DOT_H
#define TINYROB_TR_DOT_H

#include <stdint.h>

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
