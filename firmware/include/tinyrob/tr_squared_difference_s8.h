/* Square of the elementwise difference of two int8 tensors: TFLite's SQUARED_DIFFERENCE. */
#ifndef TINYROB_TR_SQUARED_DIFFERENCE_S8_H
#define TINYROB_TR_SQUARED_DIFFERENCE_S8_H

#include "tinyrob/tr_add_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As a sum, but the operands are widened by 7 bits, their multipliers are at most one half, and the
 * last shift is in [-31, 30]. `out` may be `a` or `b` where that operand does not repeat. */
void tr_squared_difference_s8(const tr_add *layer, const int8_t *a, const int8_t *b, int8_t *out,
                              void *scratch);

#ifdef __cplusplus
}
#endif

#endif
