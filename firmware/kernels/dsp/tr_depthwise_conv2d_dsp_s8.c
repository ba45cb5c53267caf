/* Depthwise convolution for Cortex-M with DSP: four input channels at a time, row by row.
 *
 * Each input row is read once and kept as lanes of two neighbouring rows, a plane a channel
 * (tr_dsp_lines.h); an output is then a few SMLADs over columns (tr_dsp_depthwise.h). The image
 * may be overwritten as it goes, since its rows are in the lines before outputs reach them. Any
 * kernel, stride, padding, channel count and multiplier; columns may be dilated.
 *
 * Measured instructions a MAC are in README.md beside this file. */
#include "tinyrob/tr_depthwise_conv2d_dsp_s8.h"

#include "tr_dsp_clamp.h"
#include "tr_dsp_group.h"

/* The pairs of rows under an output row: the newest ends with the kernel's last row. */
static void find_pairs(const tr_dsp_group *g)
{
    const int32_t kernel_h = g->conv->window.kernel_h;
    for (int32_t j = 0; j < g->rows.count; j++) {
        const int32_t end = 2 * j + 1 < kernel_h ? 2 * j + 1 : kernel_h - 1;
        const int32_t slot = g->lines.slot - (kernel_h - 1 - end);
        g->pairs[j] = 4 * (slot < 0 ? slot + g->lines.kept : slot) * g->lines.width;
    }
}

static void output_row(const tr_dsp_group *g, int8_t *out)
{
    const int32_t depth = g->conv->depth, size = g->size, width = g->lines.width;
    const int32_t *channel = g->channels, *plane = g->lines.pairs;
    find_pairs(g);
    for (int32_t n = g->count; n > 0; n--, plane += width) {
        for (int32_t left = depth; left > 0; left--, channel += size, out++) {
            tr_dsp_depthwise((const tr_dsp_channel *)channel, &g->rows, plane, out);
        }
    }
}

void tr_depthwise_conv2d_dsp_s8(const tr_depthwise_conv2d_dsp *conv, const int8_t *in, int8_t *out,
                                void *scratch)
{
    const tr_window *w = &conv->window;
    const int32_t pitch = w->out_w * conv->in_c * conv->depth;
    tr_dsp_group g;
    tr_dsp_group_start(&g, conv, scratch);
    for (int32_t n = 0; n < conv->batches; n++, in += w->in_h * w->in_w * conv->in_c) {
        for (int32_t first = 0; first < conv->in_c; first += 4) {
            int8_t *row = out + first * conv->depth;
            tr_dsp_group_channels(&g, first);
            tr_dsp_group_widen(&g);
            tr_dsp_lines_start(&g.lines, -w->pad_top - 1);
            for (int32_t y = 0; y < w->out_h; y++, row += pitch) {
                tr_dsp_group_advance(&g, in + first, y);
                output_row(&g, row);
            }
        }
        tr_dsp_clamp(out, w->out_h * pitch, conv->lo, conv->hi);
        out += w->out_h * pitch;
    }
}
