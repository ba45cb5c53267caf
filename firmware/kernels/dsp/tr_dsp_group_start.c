#include "tr_dsp_group.h"

void tr_dsp_group_start(tr_dsp_group *g, const tr_depthwise_conv2d_dsp *conv, void *scratch)
{
    const tr_window *w = &conv->window;
    const int32_t in_row = w->kernel_h == 1;
    g->conv = conv;
    g->lines.width = (w->out_w - 1) * w->stride_w + (w->kernel_w - 1) * w->dilation_w + 1;
    g->lines.left = w->pad_left;
    g->lines.kept = in_row ? 1 : w->kernel_h - 1;
    g->lines.zero_point = conv->input_zero_point;
    g->lines.pairs = scratch;
    g->lines.last = g->lines.pairs + 4 * g->lines.width * g->lines.kept;
    g->pairs = in_row ? g->lines.last : g->lines.last + 2 * g->lines.width;
    g->rows.pairs = g->pairs;
    g->rows.count = (w->kernel_h + 1) / 2;
    g->rows.kernel_w = in_row ? (w->kernel_w + 1) / 2 : w->kernel_w;
    g->rows.dilation = in_row ? 2 * w->dilation_w : w->dilation_w;
    g->channels = g->pairs + g->rows.count;
    g->size = TR_DSP_CHANNEL_WORDS + g->rows.count * g->rows.kernel_w;
}
