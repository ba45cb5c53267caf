/* kissfft's transform in 16 bits (Borgerding, kissfft 1.3, FIXED_POINT 16), bit for bit. */
#ifndef TINYROB_TR_KISS_H
#define TINYROB_TR_KISS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tr_kiss_value {
    int32_t re;
    int32_t im;
} tr_kiss_value;

/* x / by, as a product with 32767 / by, rounded to nearest. */
static inline int32_t tr_kiss_divide(int32_t x, int32_t by)
{
    return (int16_t)((x * (32767 / by) + (1 << 14)) >> 15);
}

/* The product with a factor in Q15, rounded to nearest; it wraps. */
static inline tr_kiss_value tr_kiss_multiply(int32_t re, int32_t im, const int16_t *w)
{
    const tr_kiss_value made = {
        (int16_t)((re * w[0] - im * w[1] + (1 << 14)) >> 15),
        (int16_t)((re * w[1] + im * w[0] + (1 << 14)) >> 15),
    };
    return made;
}

/* z: `points` complex values (a power of two), real and imaginary parts in turn, in the order of the
 * first stage; becomes their transform, every stage divided by its radix. twiddles: of points. */
void tr_kiss_fft(int16_t *z, uint32_t points, const int16_t *twiddles);

#ifdef __cplusplus
}
#endif

#endif
