/* The inner product of convolutions whose channels hold few levels: as tr_dsp_dot.h's, from
 * weights packed in 2 or 4 bits.
 *
 * A weight is w = f * t, with a factor f of its channel; what is stored is u = t + h, a field
 * without a sign: h = 1 for the 2-bit fields of ternary kernels, 8 for those of 4 bits. A tap of a
 * pair of channels is 16 * u1 + u0, and a lane of an unpacked word holds one. With activations a,
 * SMLAD of the lanes sums 16 * U1 + U0, and of the lanes' low fields U0. Both U are too large by
 * h * (sum of a), which is taken off before: it is the same for all channels (tr_dsp_packed_sums).
 * Then, however the sums wrapped, channel 0's accumulator is f0 * S0 + b0, and 16 times channel
 * 1's is f1 * (S1 - S0) + 16 * b1.
 *
 * The stream of a pair, as the loop reads it:
 *   rounds * (1 word of 2-bit fields, 2 of 4-bit ones)   eight taps a round
 *   e0 + 256 * e1 + 65536 * 2 * f0 + 2^24 * f1, 16 * b1, 2 * b0, m1, n1, m0, n0
 * with m, n and e as tr_dsp_dot.h says, but for rectified ones n1 = 2^2 + 8 * (2^(e-1) + z * 2^e)
 * and e1 = e + 3. f in [1, 127]; |A0| < 2^30, |A1| < 2^27 for the accumulators of any input.
 *
 * Cost: 37 instructions for the 48 MACs of a round (0.77 a MAC; tr_dsp_dot takes 34) and 3 for
 * each four rounds, 58 (65 where not rectified) for the six outputs of a pair, 60 a call; and 16
 * a round, once for all channels, for the sums. */
#ifndef TINYROB_TR_DSP_PACKED_H
#define TINYROB_TR_DSP_PACKED_H

#include "tr_dsp.h"

#define TR_DSP_PACKED_PARAMETERS 7

/* `start`: 17 and 1 times minus h times the sums of the three windows. The rest as in
 * tr_dsp_pixels, but `taps` hold whole rounds: 12 words each; what fills up the last one is read
 * and may be anything. */
typedef struct tr_dsp_packed {
    int32_t start[2][3];
    int8_t *out[3];
    const int32_t *taps;
    const int32_t *taps_end;
    int32_t rounds;
    int32_t rectified;
    const int32_t *stream_end;
    const int32_t *stream;
} tr_dsp_packed;

/* The sums of the activations in whole rounds of taps; for each of three windows. */
TR_DSP_ASSEMBLY void tr_dsp_packed_sums(const int32_t *taps, const int32_t *taps_end,
                                        int32_t sums[3]);

/* Writes 2 * pairs bytes to each of `out`: from 2-bit fields, from 4-bit ones. */
TR_DSP_ASSEMBLY void tr_dsp_dot_2bit(const tr_dsp_packed *pixels);
TR_DSP_ASSEMBLY void tr_dsp_dot_4bit(const tr_dsp_packed *pixels);

#endif
