/* The windows of a convolution's pixels, three at a time, as tr_dsp_dot reads them. */
#ifndef TINYROB_TR_DSP_GATHER_H
#define TINYROB_TR_DSP_GATHER_H

#include <stdint.h>

#include "tinyrob/tr_window.h"
#include "tr_dsp_expand.h"

/* A walk over the pixels of one image, row by row. */
typedef struct tr_dsp_walk {
    const tr_window *window;
    const int8_t *image, *image_end;
    int32_t *taps;            /* 6 * steps words */
    int8_t *copies;           /* 12 * steps + 4 bytes: windows that cannot be read where they are */
    int8_t *tails;            /* see tr_dsp_walk_start */
    int32_t in_c, run, steps; /* run: bytes of a window's row; steps: of four taps, rounded up */
    int32_t words, pitch;     /* words of a window's row, bytes from one to the next in the image */
    int32_t reach;            /* from a window's first byte to the end of its last word */
    int8_t flat;              /* rows of windows are not dilated */
    int8_t linear;            /* windows are one pixel each, as they follow in memory */
    int8_t zero_point;        /* what padding holds */
    int32_t x, y;             /* the next pixel */
    int32_t first_x, last_x, first_y, last_y; /* pixels whose windows lie inside the image */
    int32_t triples;      /* of pixels from here on in this row that are read where they are */
    const int8_t *next;   /* the first one's window */
    int32_t step;         /* from a pixel's window to the next one's in a row */
    tr_dsp_windows there; /* the windows of the last three */
} tr_dsp_walk;

/* Stands at the first pixel of `image`.
 *
 * Taps are in this order: for each row of the window its whole words, then the bytes at the ends of
 * the rows, row by row. A window of one row has them as its last word instead, of which the rest
 * is to meet weights of zero.
 *
 * `scratch`: 24 * steps bytes; another 12 * steps + 4 where the window is padded, dilated in a row,
 * or its rows are not whole words; and for those, where there are several, 12 * t + 4, where t
 * words hold the ends of a window's rows. */
void tr_dsp_walk_start(tr_dsp_walk *walk, const tr_window *window, int32_t in_c, int32_t zero_point,
                       const int8_t *image, void *scratch);

/* Fills `taps` with the windows of the next three pixels; at the end of the image the last pixel
 * stands in for those that are missing.
 *
 * Windows inside the image are read in place (tr_dsp_expand's cost and about 40 instructions, where
 * rows are ragged 90 and 4 a row); those that reach outside are copied first: 4 instructions for
 * 4 bytes. */
void tr_dsp_gather(tr_dsp_walk *walk);

#endif
