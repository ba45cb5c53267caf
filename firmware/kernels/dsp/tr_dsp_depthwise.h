/* One row of outputs of one channel of a depthwise convolution. */
#ifndef TINYROB_TR_DSP_DEPTHWISE_H
#define TINYROB_TR_DSP_DEPTHWISE_H

#include "tr_dsp.h"

/* An output channel; its weights follow it in memory: for each two rows of the kernel, kernel_w
 * words with lanes (upper row, lower row). An odd kernel's last row is the lower one of the last
 * pair, and above it is 0. A kernel of one row has lanes of two columns instead, and an odd one's
 * last column is the first of its pair.
 *
 * Windows are `stride` bytes of a plane apart (tr_dsp_lines.h), `outputs` of them `pitch` bytes,
 * `span` bytes in all; `twos` bytes of those are computed two by two: an even number of outputs,
 * 0 where stride is not 4. m, n and e are tr_dsp_dot.h's of channel 0; `bias` holds the input's
 * zero point. */
typedef struct tr_dsp_channel {
    int32_t m, n, e, pitch, stride, bias, twos, span, rectified, outputs;
} tr_dsp_channel;

/* What of a channel's words comes before its weights. */
enum { TR_DSP_CHANNEL_WORDS = sizeof(tr_dsp_channel) / sizeof(int32_t) };

static inline const int32_t *tr_dsp_channel_weights(const tr_dsp_channel *channel)
{
    return (const int32_t *)(channel + 1);
}

/* A row of outputs of `count` channels, one behind the other in memory as in `out`; their pairs of
 * rows begin at `upper` and `lower` and are `width` bytes apart from channel to channel. */
typedef struct tr_dsp_rows3 {
    const tr_dsp_channel *channel;
    const int32_t *upper, *lower;
    int8_t *out;
    int32_t width, count;
} tr_dsp_rows3;

/* A 3x3 or 4x3 kernel: six words of weights. Saturates to [-128, 127].
 * 17 instructions an output of two, 21 of one (23 where not rectified), 30 a channel. */
TR_DSP_ASSEMBLY void tr_dsp_depthwise3(const tr_dsp_rows3 *rows);

/* A kernel of one row, stride and dilation 1: `pairs` words of two taps; at least four outputs.
 * 11 instructions an output (13 where not rectified) and 2 a word, 25 a call. */
TR_DSP_ASSEMBLY void tr_dsp_depthwise1(const tr_dsp_channel *channel, int32_t pairs,
                                       const int32_t *plane, int8_t *out);

/* Where any kernel's pairs of rows begin, in words from the plane; the `kernel_w` words of a window
 * are `dilation` apart. */
typedef struct tr_dsp_pairs {
    const int32_t *pairs;
    int32_t count, kernel_w, dilation;
} tr_dsp_pairs;

/* Any kernel. About 12 instructions an output and 3 a word of two taps, 60 a call; 7 a word for
 * rows of fewer than four outputs. */
void tr_dsp_depthwise(const tr_dsp_channel *channel, const tr_dsp_pairs *rows, const int32_t *plane,
                      int8_t *out);

#endif
