/* Dense layers: one row of inputs by fours of output channels, and their rescaling. */
#ifndef TINYROB_TR_DSP_DENSE_H
#define TINYROB_TR_DSP_DENSE_H

#include "tr_dsp.h"

/* `fours` times four channels, over 4 * steps inputs at `in` (any alignment); both at least 1.
 * `stream` as tr_dsp_dot4.h says; `factors` are m, n and e of tr_dsp_dot.h for each channel,
 * `advance` bytes apart. */
typedef struct tr_dsp_dense_row {
    const int8_t *in;
    int32_t steps;
    const int32_t *factors;
    int32_t advance, fours, rectified;
    int8_t *out;
    const int32_t *stream;
} tr_dsp_dense_row;

/* Writes 4 * fours bytes, saturated to [-128, 127]; halves as tr_dsp_dot has them.
 *
 * 16 instructions for the 16 MACs of a step, 2 for each four steps, 10 an output (12 where not
 * rectified; 2 less where all share a factor), 30 a call. */
TR_DSP_ASSEMBLY void tr_dsp_dense(const tr_dsp_dense_row *row);

#endif
