/* The windows of a convolution's pixels, three at a time, as tr_dsp_dot reads them. */
#ifndef TINYROB_TR_DSP_GATHER_H
#define TINYROB_TR_DSP_GATHER_H

#include <stdint.h>

#include "tinyrob/tr_window.h"

/* A walk over the pixels of one image, row by row. */
typedef struct tr_dsp_walk {
    const tr_window *window;
    const int8_t *image, *image_end;
    int32_t *taps;            /* 6 * steps words */
    int8_t *copies;           /* 12 * steps + 4 bytes; unused where `direct` and not padded */
    int32_t in_c, run, steps; /* run: bytes of a window's row; steps: of four taps, rounded up */
    int32_t direct;           /* windows can be read where they are: rows of whole words */
    const int8_t *linear;     /* the next pixel, where windows are one pixel each, else NULL */
    int32_t zero_point;       /* what padding holds */
    int32_t x, y;             /* the next pixel */
    int32_t first_x, last_x, first_y, last_y; /* pixels whose windows lie inside the image */
} tr_dsp_walk;

/* Stands at the first pixel of `image`. `scratch`: 24 * steps bytes, and another 12 * steps + 4
 * where the window is padded, dilated in a row, or its rows are not whole words. */
void tr_dsp_walk_start(tr_dsp_walk *walk, const tr_window *window, int32_t in_c, int32_t zero_point,
                       const int8_t *image, void *scratch);

/* Fills `taps` with the windows of the next three pixels; at the end of the image the last pixel
 * stands in for those that are missing.
 *
 * Windows inside the image are read in place (tr_dsp_expand's cost and about 30 instructions);
 * those that reach outside, or have ragged rows, are copied first: 4 instructions for 4 bytes. */
void tr_dsp_gather(tr_dsp_walk *walk);

#endif
