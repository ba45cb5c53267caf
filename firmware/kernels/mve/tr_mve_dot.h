/* The inner product of the convolutions: two or three pixels by groups of four output channels.
 *
 * The stream of a group of channels c0..c3, as the loop reads it, for n = ceil(taps / 16):
 *   n times 16 weights of c0, 16 of c2
 *   n times 16 weights of c1, 16 of c3
 *   b0, b1, b2, b3                    biases, which hold the input's zero point
 *   m0, m1, m2, m3, -e0, -e1, -e2, -e3
 * Two channels at a time, since six sums are what the even registers hold; in this order, since
 * VMOV writes lanes 0 and 2, then 1 and 3. What fills up the last 16 weights is not looked at.
 *
 * Cost: 12 instructions for the 96 MACs of 16 taps, three pixels and two channels (0.125 a MAC);
 * 54 for the 12 outputs of a group (45 where rectified). With two pixels 9 for 64, and 48 for 8
 * outputs (42). 20 a call. */
#ifndef TINYROB_TR_MVE_DOT_H
#define TINYROB_TR_MVE_DOT_H

#include "tr_mve.h"

/* Words of a group's stream beside the weights. */
#define TR_MVE_DOT_PARAMETERS 12

/* `in` are the windows, of `taps` >= 1 values each; `out` where channels go: they are advanced.
 * The first `pixels` (2 or 3) of both are used. `groups` >= 1. */
typedef struct tr_mve_pixels {
    const int8_t *in[3];
    int32_t zero_point;
    int8_t *out[3];
    uint32_t taps;
    const int32_t *stream;
    uint32_t groups;
    uint32_t pixels;
    uint32_t rectified;
    int32_t lo[4], hi[4]; /* the clamp, four times */
} tr_mve_pixels;

/* Writes 4 * groups bytes to each of `out`.
 *
 * A multiplier is m * 2^(-e - 31) with m in [2^30, 2^31) or 0, and 0 <= e <= 31; a sum is in
 * (-2^31, 2^31). VQRDMULH rounds as TFLite's first rounding does; VRSHL rounds halves up, so 1
 * is taken from negative values first where e > 0: halves away from zero. Where `rectified`, all
 * negative values end at the clamp (lo >= zero_point), and nothing is taken. */
TR_MVE_ASSEMBLY void tr_mve_dot(tr_mve_pixels *pixels);

#endif
