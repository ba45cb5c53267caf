/* The inner product of windows of up to 16 values: a group's weights stay in registers for all
 * pixels of a row, which are made two at a time.
 *
 * Cost: 32 instructions for eight outputs whose clamp is int8's range from the zero point on, 41
 * for others; 22 a group. */
#ifndef TINYROB_TR_MVE_FEW_H
#define TINYROB_TR_MVE_FEW_H

#include "tr_mve.h"

/* What is not said to be in bytes is a count. `stream` and the ranges are tr_mve_dot.h's. */
typedef struct tr_mve_few {
    const int8_t *in; /* the first window */
    int32_t step;     /* from window to window, in bytes */
    int8_t *out;      /* advanced */
    int32_t advance;  /* two pixels of all channels, in bytes */
    int32_t pairs;
    int32_t groups; /* counted down */
    const int32_t *stream;
    int32_t zero_point;
    uint32_t full;      /* whether zero_point and lo are -128, and hi is 127 */
    uint16_t places[8]; /* where outputs go: pixels in turn, of each channel */
    int16_t lo[8], hi[8];
} tr_mve_few;

/* Writes 4 * groups bytes to each of 2 * pairs pixels. Reads 16 values from each window's first
 * on, of which those beyond the taps meet weights that are zero. */
TR_MVE_ASSEMBLY TR_MVE_APART void tr_mve_few_run(tr_mve_few *few);

#endif
