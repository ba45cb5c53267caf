/* One row of outputs of one channel of a depthwise convolution. */
#ifndef TINYROB_TR_DSP_DEPTHWISE_H
#define TINYROB_TR_DSP_DEPTHWISE_H

#include <stdint.h>

/* For each two rows of the kernel, `count` of them: where the columns of their pair of input rows
 * start (words from `plane`), and kernel_w words of weights in `weights`, lanes (upper row, lower
 * row). An odd kernel's last row is the lower one of the last pair, above it 0.
 *
 * m, n and e are tr_dsp_dot.h's of channel 0, `bias` holds the input's zero point. Outputs are
 * `pitch` bytes apart, their windows `stride` words, the columns of a window `dilation` words. */
typedef struct tr_dsp_row {
    const int32_t *plane;
    const int32_t *pairs;
    const int32_t *weights;
    int32_t bias, m, n, e;
    int32_t count, kernel_w, stride, dilation;
    int32_t rectified, outputs, pitch;
} tr_dsp_row;

/* Saturates to [-128, 127]. For two pairs of three columns (3x3 and 4x3 kernels) about 20
 * instructions an output and 45 a call; otherwise 15 an output, 6 a pair and 5 a column. */
void tr_dsp_depthwise(const tr_dsp_row *row, int8_t *out);

#endif
