/* The inputs of tr_dsp_winograd.h, transformed. */
#ifndef TINYROB_TR_DSP_WINOGRAD_INPUTS_H
#define TINYROB_TR_DSP_WINOGRAD_INPUTS_H

#include "tr_dsp.h"

/* A tile's 16 pixels, row by row, to words of two input channels, first the even, then the odd ones
 * of four: (word, position, four words apart). `in_c` is a multiple of 4. 135 instructions a
 * word. */
TR_DSP_ASSEMBLY void tr_dsp_winograd_inputs(const int8_t *const at[16], int32_t in_c, int32_t *to);

#endif
