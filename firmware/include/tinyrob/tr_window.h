/* A window that slides over an image: the geometry shared by convolutions and pools. */
#ifndef TINYROB_TR_WINDOW_H
#define TINYROB_TR_WINDOW_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes and strides are in [1, 32767], padding in [0, 32767]. An output row y reads the input
 * rows y * stride_h - pad_top + k * dilation_h for k in [0, kernel_h); those outside the image
 * are padding. Bottom and right padding follow from the output's size. */
typedef struct tr_window {
    uint16_t in_h, in_w;
    uint16_t out_h, out_w;
    uint16_t kernel_h, kernel_w;
    uint16_t stride_h, stride_w;
    uint16_t dilation_h, dilation_w;
    uint16_t pad_top, pad_left;
} tr_window;

/* The taps [first, last) of one axis that lie inside the image. */
typedef struct tr_taps {
    int32_t origin; /* coordinate of tap 0; below 0 in the padding */
    int32_t first, last;
} tr_taps;

static inline tr_taps tr_clip(int32_t position, int32_t stride, int32_t padding, int32_t kernel,
                              int32_t dilation, int32_t size)
{
    tr_taps taps;
    taps.origin = position * stride - padding;
    taps.first = 0;
    taps.last = kernel;
    while (taps.first < taps.last && taps.origin + taps.first * dilation < 0) {
        taps.first++;
    }
    while (taps.last > taps.first && taps.origin + (taps.last - 1) * dilation >= size) {
        taps.last--;
    }
    return taps;
}

static inline tr_taps tr_clip_rows(const tr_window *w, int32_t y)
{
    return tr_clip(y, w->stride_h, w->pad_top, w->kernel_h, w->dilation_h, w->in_h);
}

static inline tr_taps tr_clip_columns(const tr_window *w, int32_t x)
{
    return tr_clip(x, w->stride_w, w->pad_left, w->kernel_w, w->dilation_w, w->in_w);
}

#ifdef __cplusplus
}
#endif

#endif
