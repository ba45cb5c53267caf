/* The inner product of the convolutions: three pixels by pairs of output channels.
 *
 * Two channels share a word. For channels c0 and c1 and taps k, k' a word of weights holds the
 * lanes 256 * w[c1][k] + w[c0][k] and 256 * w[c1][k'] + w[c0][k']. With activations a, SMLAD of
 * the word as it is sums 256 * A1 + A0, and of its SXTB16 sums A0, where A0 and A1 are the
 * channels' accumulators: one unpacking instruction for four weights. 256 * A1 is the difference
 * of the two, which is exact, however the sums wrapped, where -2^23 <= A1 < 2^23.
 *
 * The stream of a pair of channels, as the loop reads it:
 *   256 * b1 + b0, b0                       biases, which hold the input's zero point
 *   2 * steps words                         four taps a step: lanes (k, k+2), then (k+1, k+3)
 *   m1, m0, e0 - 1 + 256 * (e1 - 1)         how accumulators become int8, see tr_dsp_dot; the last
 *                                           with its sign bit set where not rectified
 *
 * Cost: 17 instructions for the 24 MACs of a step (0.71 a MAC) and 2 for each 8 steps, 53 (60
 * where not rectified) for the six outputs of a pair, 30 a call. */
#ifndef TINYROB_TR_DSP_DOT_H
#define TINYROB_TR_DSP_DOT_H

#include "tr_dsp.h"

/* Words of a pair's stream beside the weights. */
#define TR_DSP_DOT_PARAMETERS 5

/* Three pixels: `out` is where the first one's channels go, those of the other two `apart` bytes from
 * there; `taps` what tr_dsp_expand made of their windows: steps * 6 words, steps >= 1. `next` takes a pair of channels after this one does, the
 * last of a ring its first one; `back` is 0 for the last, for the others the bytes of a pair. */
typedef struct tr_dsp_triple {
    int8_t *out;
    int32_t apart[2];
    const int32_t *taps;
    const int32_t *taps_end;
    struct tr_dsp_triple *next;
    int32_t back;
} tr_dsp_triple;

/* A ring of triples; `out` moves on. `stream` up to `stream_end` are whole pairs, one or more, of
 * 2 * steps + 5 words each: weights are read from flash once for a ring, where its cache has room
 * for a pair's. */
typedef struct tr_dsp_pixels {
    tr_dsp_triple *first;
    int32_t steps;
    int32_t single; /* the last pair's second channel is not written */
    const int32_t *stream_end;
    int32_t zero; /* 2 * z + 1 */
    const int32_t *stream;
} tr_dsp_pixels;

/* Writes 2 * pairs bytes of each pixel, one less where `single`. Outputs are saturated to [-128, 127], a multiplier is
 * m * 2^(-e - 31) with m in [2^30, 2^31) and 1 <= e <= 15, z is the output's zero point.
 *
 * Not rectified: e0 = e and n0 = 2^(e-1) + z * 2^e, which is (2 * z + 1) * 2^(e0-1), is added to
 * the product; likewise for channel 1; bit for bit tr_requantize's rounding for |A0| < 2^30,
 * |A1| < 2^23.
 *
 * Rectified, for layers whose clamp begins at z or above: the same for results at or above z,
 * and a number of at most z otherwise. Then halves below zero need no care, and the two
 * roundings become one sum: n0 as before; e1 = e + 7 and n1 = 2^6 + (2 * z + 1) * 2^(e1-1), since
 * 256 * A1 carries 7 bits more. */
TR_DSP_ASSEMBLY void tr_dsp_dot(const tr_dsp_pixels *pixels);

#endif
