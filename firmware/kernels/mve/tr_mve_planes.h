/* The input rows that some output rows read, channel by channel. */
#ifndef TINYROB_TR_MVE_PLANES_H
#define TINYROB_TR_MVE_PLANES_H

#include "tinyrob/tr_depthwise_conv2d_mve_s8.h"

/* Up to eight channels, and how they lie. What is not said to be a count is in values. */
typedef struct tr_mve_planes {
    uint16_t from[8]; /* which input channels */
    int32_t column;   /* of the input, from column to column */
    int32_t row;      /* and from line to line */
    int32_t n;        /* of the eight: a count */
    int32_t pitch;    /* from plane to plane */
    int32_t columns;  /* of the image, in a plane; at most 0 where there are none: a count */
} tr_mve_planes;

/* The `n` in [1, 8] output channels from `first` on. */
void tr_mve_planes_of(const tr_depthwise_conv2d_mve *conv, int32_t first, int32_t n,
                      tr_mve_planes *eight);

/* Fills `planes` for the `lines` input rows of output rows y to y + rows - 1. For each of the
 * channels, then for each of (out_w - 1) * stride_w + kernel_w columns, from pad_left to the left
 * of the image on, it has `lines` values; those outside the image are the input's zero point.
 * Rows are made in order: what one left of the padding is used by the next, so y = 0 comes first.
 * Five instructions for eight values. */
void tr_mve_planes_fill(const tr_depthwise_conv2d_mve *conv, const tr_mve_planes *eight, int32_t y,
                        const int8_t *in, int8_t *planes);

#endif
