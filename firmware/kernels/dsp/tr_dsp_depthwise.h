/* One row of outputs of one channel of a depthwise convolution. */
#ifndef TINYROB_TR_DSP_DEPTHWISE_H
#define TINYROB_TR_DSP_DEPTHWISE_H

#include "tr_dsp.h"

/* An output channel; its weights follow it in memory: for each two rows of the kernel, kernel_w
 * words with lanes (upper row, lower row). An odd kernel's last row is the lower one of the last
 * pair, and above it is 0.
 *
 * Windows are `stride` bytes of a plane apart (tr_dsp_lines.h), outputs `pitch` bytes, `span`
 * bytes in all. m, n and e are tr_dsp_dot.h's of channel 0; `bias` holds the input's zero point. */
typedef struct tr_dsp_channel {
    int32_t stride, m, n, e, pitch, bias, rectified, span;
} tr_dsp_channel;

static inline const int32_t *tr_dsp_channel_weights(const tr_dsp_channel *channel)
{
    return (const int32_t *)(channel + 1);
}

/* A 3x3 or 4x3 kernel, from where the two pairs of rows begin. Saturates to [-128, 127].
 * 21 instructions an output (23 where not rectified), 16 a call. */
TR_DSP_ASSEMBLY void tr_dsp_depthwise3(const tr_dsp_channel *channel, const int32_t *upper,
                                       const int32_t *lower, int8_t *out);

/* Where any kernel's pairs of rows begin, in words from the plane; columns of a window are
 * `dilation` words apart. */
typedef struct tr_dsp_pairs {
    const int32_t *pairs;
    int32_t count, kernel_w, dilation;
} tr_dsp_pairs;

/* Any kernel. About 20 instructions an output, 12 a pair and 3 a column (6 where dilated). */
void tr_dsp_depthwise(const tr_dsp_channel *channel, const tr_dsp_pairs *rows,
                      const int32_t *plane, int8_t *out);

#endif
