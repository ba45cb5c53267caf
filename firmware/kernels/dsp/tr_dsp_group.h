/* Four input channels of a depthwise convolution: the part that its kernels share. */
#ifndef TINYROB_TR_DSP_GROUP_H
#define TINYROB_TR_DSP_GROUP_H

#include "tinyrob/tr_depthwise_conv2d_dsp_s8.h"
#include "tr_dsp_depthwise.h"
#include "tr_dsp_lines.h"

typedef struct tr_dsp_group {
    const tr_depthwise_conv2d_dsp *conv;
    tr_dsp_lines lines;
    tr_dsp_pairs rows;
    int32_t *pairs;       /* of `rows` */
    int32_t *channels;    /* a tr_dsp_channel and its weights for each output channel */
    int32_t size;         /* words of one of those */
    int32_t first, count; /* input channels */
} tr_dsp_group;

/* Lays out `scratch`; before the first group. */
void tr_dsp_group_start(tr_dsp_group *g, const tr_depthwise_conv2d_dsp *conv, void *scratch);

/* The group of input channels from `first` on: its output channels, without their weights. */
void tr_dsp_group_channels(tr_dsp_group *g, int32_t first);

/* A row of the group's input at `image`; NULL outside. */
static inline const int8_t *tr_dsp_group_input(const tr_dsp_group *g, const int8_t *image,
                                               int32_t row)
{
    const tr_window *w = &g->conv->window;
    return row >= 0 && row < w->in_h ? image + row * w->in_w * g->conv->in_c : 0;
}

/* For kernels of several rows. Weights of the group's channels as words of two rows each. */
void tr_dsp_group_widen(const tr_dsp_group *g);

/* For kernels of several rows. Reads on to the last row under output row y. */
void tr_dsp_group_advance(tr_dsp_group *g, const int8_t *image, int32_t y);

#endif
