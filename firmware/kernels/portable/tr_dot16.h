/* Inner products of int16 activations and int8 weights, which come as in tr_dot.h.
 *
 * 256 products of 2^15 and 2^7 fit an int32: so sums are of 32 bits in the inner loop, and of 64
 * outside. */
#ifndef TINYROB_TR_DOT16_H
#define TINYROB_TR_DOT16_H

#include <stdint.h>

#define TR_DOT16_RUN 256

/* sum[j] += in[i] * w[4 * i + j] for i in [0, n); n >= 0. */
static inline void tr_dot16_4(int64_t sum[4], const int16_t *in, const int8_t *w, int32_t n)
{
    while (n > 0) {
        const int16_t *end = in + (n < TR_DOT16_RUN ? n : TR_DOT16_RUN);
        int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        for (; in != end; in++, w += 4) {
            const int32_t x = *in;
            s0 += x * w[0];
            s1 += x * w[1];
            s2 += x * w[2];
            s3 += x * w[3];
        }
        sum[0] += s0;
        sum[1] += s1;
        sum[2] += s2;
        sum[3] += s3;
        n -= TR_DOT16_RUN;
    }
}

/* The same for one channel. */
static inline int64_t tr_dot16_1(int64_t sum, const int16_t *in, const int8_t *w, int32_t n)
{
    while (n > 0) {
        const int16_t *end = in + (n < TR_DOT16_RUN ? n : TR_DOT16_RUN);
        int32_t part = 0;
        for (; in != end; in++, w++) {
            part += *in * *w;
        }
        sum += part;
        n -= TR_DOT16_RUN;
    }
    return sum;
}

#endif
