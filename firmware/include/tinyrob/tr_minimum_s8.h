/* The smaller of two int8 values of one quantization, elementwise: TFLite's MINIMUM. */
#ifndef TINYROB_TR_MINIMUM_S8_H
#define TINYROB_TR_MINIMUM_S8_H

#include "tinyrob/tr_extremum.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `out` may be `a` or `b` where that operand does not repeat. */
void tr_minimum_s8(const tr_extremum *layer, const int8_t *a, const int8_t *b, int8_t *out,
                   void *scratch);

#ifdef __cplusplus
}
#endif

#endif
