/* Depthwise convolution for Cortex-M with DSP, kernels of one row: four input channels at a time.
 *
 * Rows have nothing to do with each other: each is kept as lanes of two columns, a plane a channel
 * (tr_dsp_lines_row.h), from which tr_dsp_depthwise1 makes outputs. */
#include "tinyrob/tr_depthwise_conv2d_row_dsp_s8.h"

#include "tr_dsp_clamp.h"
#include "tr_dsp_depthwise1.h"
#include "tr_dsp_lines_row.h"

/* Words of a channel and its weights. */
enum { HEAD = sizeof(tr_dsp_channel1) / sizeof(int32_t) };

/* The output channels of `count` input channels, each `size` words; weights as lanes of two. */
static void prepare(const tr_depthwise_conv2d_dsp *conv, int32_t first, int32_t count,
                    int32_t *to)
{
    const int32_t depth = conv->depth, taps = conv->window.kernel_w;
    const int8_t *weights = conv->weights + first * depth * taps;
    for (int32_t o = first * depth; o < (first + count) * depth; o++) {
        tr_dsp_channel1 *channel = (tr_dsp_channel1 *)to;
        const int32_t e = conv->exponent[o];
        channel->m = conv->multiplier[o];
        channel->n = (2 * conv->zero_point + 1) * (1 << (e - 1)); /* half, and the zero point */
        channel->e = e;
        channel->pitch = conv->out_x;
        channel->bias = conv->bias[o];
        channel->rectified = conv->rectified;
        channel->outputs = conv->window.out_w;
        to += HEAD;
        for (int32_t x = 0; x < taps; x += 2) {
            *to++ = tr_pack_low(weights[x], x + 1 < taps ? weights[x + 1] : 0);
        }
        weights += taps;
    }
}

void tr_depthwise_conv2d_row_dsp_s8(const tr_depthwise_conv2d_dsp *conv, const int8_t *in,
                                    int8_t *out, void *scratch)
{
    const tr_window *w = &conv->window;
    const int32_t depth = conv->depth, channels = conv->in_c, pairs = (w->kernel_w + 1) / 2;
    const int32_t area = w->out_h * w->out_w * channels * depth;
    tr_dsp_lines lines = {scratch, w->out_w + w->kernel_w - 1, w->pad_left, conv->input_zero_point};
    int32_t *const prepared = lines.pairs + 4 * lines.width;
    for (int32_t n = 0; n < conv->batches; n++, in += w->in_h * conv->in_y, out += area) {
        for (int32_t first = 0; first < channels; first += 4) {
            const int32_t count = channels - first < 4 ? channels - first : 4;
            prepare(conv, first, count, prepared);
            for (int32_t y = 0; y < w->out_h; y++) {
                const int8_t *from = in + y * w->stride_h * conv->in_y + first;
                int8_t *to = out + y * conv->out_y + first * depth;
                const int32_t *channel = prepared;
                /* NOLINTNEXTLINE(readability-suspicious-call-argument) */
                tr_dsp_lines_row(&lines, from, w->in_w, channels, count);
                for (int32_t o = 0; o < count * depth; o++, to++, channel += HEAD + pairs) {
                    tr_dsp_depthwise1((const tr_dsp_channel1 *)channel, pairs,
                                      lines.pairs + o / depth * lines.width, to);
                }
            }
        }
        tr_dsp_clamp(out, area, conv->lo, conv->hi);
    }
}
