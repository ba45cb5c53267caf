/* A real Fourier transform of 256 to 1,024 points in integers. */
#ifndef TINYROB_TR_FFT_H
#define TINYROB_TR_FFT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* z: `points` complex values (a power of two, at least 4), real and imaginary parts in turn, in
 * bit-reversed order and of a modulus below 2^30.5; becomes their transform / points. twiddles: of
 * 2 * points. No sum leaves int32: docs/reference/features.md. */
void tr_fft(int32_t *z, uint32_t points, const int32_t *twiddles);

/* z: what tr_fft made of pairs of real values; becomes |X[k]|^2 / 2^10 for k in [1, bins), X being
 * the transform of the 2 * points real values over their number: a value's low word, then its high
 * one. bins in [2, points]. */
void tr_fft_powers(int32_t *z, uint32_t points, uint32_t bins, const int32_t *twiddles);

#ifdef __cplusplus
}
#endif

#endif
