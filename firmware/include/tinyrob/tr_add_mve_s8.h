/* Elementwise sum of two int8 tensors of one shape on Cortex-M with MVE: TFLite's ADD. */
#ifndef TINYROB_TR_ADD_MVE_S8_H
#define TINYROB_TR_ADD_MVE_S8_H

#include "tinyrob/tr_add_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Neither operand repeats. Factors are in the ranges of kernels/mve/tr_mve_add.h. `out` may be
 * `a` or `b`. */
void tr_add_mve_s8(const tr_add *add, const int8_t *a, const int8_t *b, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
