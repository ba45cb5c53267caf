#include "tr_dsp_group.h"

void tr_dsp_group_channels(tr_dsp_group *g, int32_t first)
{
    const tr_depthwise_conv2d_dsp *conv = g->conv;
    const tr_window *w = &conv->window;
    const int32_t pitch = conv->in_c * conv->depth, left = conv->in_c - first;
    int32_t *to = g->channels;
    g->first = first;
    g->count = left < 4 ? left : 4;
    const int32_t last = (first + g->count) * conv->depth;
    for (int32_t o = first * conv->depth; o < last; o++, to += g->size) {
        tr_dsp_channel *channel = (tr_dsp_channel *)to;
        const int32_t e = conv->exponent[o];
        channel->stride = 4 * w->stride_w;
        channel->m = conv->multiplier[o];
        channel->n = (2 * conv->zero_point + 1) * (1 << (e - 1)); /* half, and the zero point */
        channel->e = e;
        channel->pitch = pitch;
        channel->bias = conv->bias[o];
        channel->rectified = conv->rectified;
        channel->span = w->out_w * pitch;
        channel->twos = w->stride_w == 1 ? w->out_w / 2 * 2 * pitch : 0;
        channel->outputs = w->out_w;
    }
}
