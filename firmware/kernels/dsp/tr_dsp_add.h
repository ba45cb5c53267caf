/* A run of TFLite's ADD, shared by the kernel of that name and by convolutions that end in one. */
#ifndef TINYROB_TR_DSP_ADD_H
#define TINYROB_TR_DSP_ADD_H

#include "tinyrob/tr_add_s8.h"

/* out[i] = a[i] + b[i] for i in [0, n), n >= 1, whatever the axes of `add` are; out may be a or b.
 *
 * One operand has the factor 1/2 (multiplier 2^30, shift 0), as TFLite gives it to the coarser
 * one, the other that factor too or a shift in [-22, -1]; the sum's shift is in [-22, -1].
 *
 * 15 instructions a value where the clamp begins at the zero point or above, else 18. */
void tr_dsp_add(const tr_add *add, const int8_t *a, const int8_t *b, int8_t *out, int32_t n);

#endif
