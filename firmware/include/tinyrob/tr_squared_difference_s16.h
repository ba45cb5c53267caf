/* Elementwise squared difference of two int16 tensors: TFLite's SQUARED_DIFFERENCE. */
#ifndef TINYROB_TR_SQUARED_DIFFERENCE_S16_H
#define TINYROB_TR_SQUARED_DIFFERENCE_S16_H

#include "tinyrob/tr_add16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Each operand times its multiplier, of at most a half; then the square of their difference times
 * the layer's. `out` may be `a` or `b` where that operand does not repeat. */
void tr_squared_difference_s16(const tr_add16 *layer, const int16_t *a, const int16_t *b,
                               int16_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
