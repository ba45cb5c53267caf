/* The products of tr_dsp_winograd.h, summed over the input channels. */
#ifndef TINYROB_TR_DSP_WINOGRAD_PRODUCTS_H
#define TINYROB_TR_DSP_WINOGRAD_PRODUCTS_H

#include "tr_dsp.h"

/* Of two input channels a word: inputs as (word, position, tile), kernels as (word, position,
 * output channel), sums as (position, output channel, tile); 16 positions, 4 tiles, 2 output
 * channels. `words` is a multiple of 8, at least 8.
 *
 * 14 instructions a word and position (0.875 a product of two numbers), 5 for each eight words,
 * 23 a position. Loads stand side by side: an M4 takes one cycle for each but the first. */
TR_DSP_ASSEMBLY void tr_dsp_winograd_products(const int32_t *inputs, const int32_t *kernels,
                                              int32_t words, int32_t *sums);

#endif
