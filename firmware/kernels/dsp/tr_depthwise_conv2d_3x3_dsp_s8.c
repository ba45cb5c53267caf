/* Depthwise convolution for Cortex-M with DSP, kernels of 3 columns and 3 or 4 rows: as
 * tr_depthwise_conv2d_dsp_s8, with its rows in assembly (tr_dsp_depthwise3). */
#include "tinyrob/tr_depthwise_conv2d_3x3_dsp_s8.h"

#include "tr_dsp_clamp.h"
#include "tr_dsp_group.h"

static void output_row(const tr_dsp_group *g, int8_t *out)
{
    const int32_t depth = g->conv->depth, size = g->size, width = g->lines.width;
    const int32_t *channel = g->channels, *plane = g->lines.pairs;
    const int32_t slot = g->lines.slot, oldest = slot + 1 < g->lines.kept ? slot + 1 : 0;
    tr_dsp_rows3 rows;
    rows.upper = plane + 4 * width * oldest;
    rows.lower = plane + 4 * width * slot;
    rows.channel = (const tr_dsp_channel *)channel;
    rows.out = out;
    rows.width = depth == 1 ? 4 * width : 0;
    rows.count = depth == 1 ? g->count : depth;
    tr_dsp_depthwise3(&rows);
    for (int32_t n = depth == 1 ? 1 : g->count; n > 1; n--) {
        rows.upper += width;
        rows.lower += width;
        rows.channel = (const tr_dsp_channel *)(channel += depth * size);
        rows.out += depth;
        tr_dsp_depthwise3(&rows);
    }
}

void tr_depthwise_conv2d_3x3_dsp_s8(const tr_depthwise_conv2d_dsp *conv, const int8_t *in,
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
