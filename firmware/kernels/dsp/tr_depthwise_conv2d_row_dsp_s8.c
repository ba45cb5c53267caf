/* Depthwise convolution for Cortex-M with DSP, kernels of one row: four input channels at a time.
 *
 * Rows have nothing to do with each other: each is kept as lanes of two columns, a plane a channel
 * (tr_dsp_lines_row), and goes through tr_dsp_depthwise1 where neither stride nor dilation is in
 * the way. */
#include "tinyrob/tr_depthwise_conv2d_row_dsp_s8.h"

#include "tr_dsp_clamp.h"
#include "tr_dsp_group.h"

/* Weights of one row as words of two columns each; a last one is the first of its pair. */
static void widen_row(int32_t columns, const int8_t *weights, int32_t *to)
{
    for (; columns > 0; columns -= 2, weights += 2) {
        *to++ = tr_pack_low(weights[0], columns > 1 ? weights[1] : 0);
    }
}

static void widen(const tr_dsp_group *g)
{
    const int32_t taps = g->conv->window.kernel_w, first = g->first * g->conv->depth;
    const int8_t *weights = g->conv->weights + first * taps;
    int32_t *to = g->channels + TR_DSP_CHANNEL_WORDS;
    for (int32_t n = g->count * g->conv->depth; n > 0; n--, to += g->size, weights += taps) {
        widen_row(taps, weights, to);
    }
}

static void output_row(const tr_dsp_group *g, int8_t *out)
{
    const tr_window *w = &g->conv->window;
    const int32_t depth = g->conv->depth, size = g->size, width = g->lines.width;
    const int32_t quick = w->dilation_w == 1 && w->stride_w == 1 && w->out_w >= 4;
    const int32_t *channel = g->channels, *plane = g->lines.pairs;
    for (int32_t n = g->count; n > 0; n--, plane += width) {
        for (int32_t left = depth; left > 0; left--, channel += size, out++) {
            if (quick) {
                tr_dsp_depthwise1((const tr_dsp_channel *)channel, g->rows.kernel_w, plane, out);
            } else {
                tr_dsp_depthwise((const tr_dsp_channel *)channel, &g->rows, plane, out);
            }
        }
    }
}

void tr_depthwise_conv2d_row_dsp_s8(const tr_depthwise_conv2d_dsp *conv, const int8_t *in,
                                    int8_t *out, void *scratch)
{
    const tr_window *w = &conv->window;
    const int32_t pitch = w->out_w * conv->in_c * conv->depth;
    tr_dsp_group g;
    tr_dsp_group_start(&g, conv, scratch);
    for (int32_t n = 0; n < conv->batches; n++, in += w->in_h * w->in_w * conv->in_c) {
        for (int32_t first = 0; first < conv->in_c; first += 4) {
            int8_t *row = out + first * conv->depth;
            tr_dsp_group_channels(&g, first);
            widen(&g);
            g.pairs[0] = 0;
            for (int32_t y = 0; y < w->out_h; y++, row += pitch) {
                const int32_t from = y * w->stride_h - w->pad_top;
                tr_dsp_lines_row(&g.lines, tr_dsp_group_input(&g, in + first, from), w->in_w,
                                 conv->in_c, g.count, w->dilation_w);
                output_row(&g, row);
            }
        }
        tr_dsp_clamp(out, w->out_h * pitch, conv->lo, conv->hi);
        out += w->out_h * pitch;
    }
}
