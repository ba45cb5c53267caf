/* Elementwise sum of two int8 tensors of one shape on Cortex-M with DSP: TFLite's ADD. */
#ifndef TINYROB_TR_ADD_DSP_S8_H
#define TINYROB_TR_ADD_DSP_S8_H

#include "tinyrob/tr_add_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Neither operand repeats: the shape is {1, 1, 1, n}. Factors are in the ranges of
 * kernels/dsp/tr_dsp_add.h. `out` may be `a` or `b`. */
void tr_add_dsp_s8(const tr_add *add, const int8_t *a, const int8_t *b, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
