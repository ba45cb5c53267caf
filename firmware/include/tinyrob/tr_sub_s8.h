/* Elementwise difference of two int8 tensors of any scales: TFLite's SUB. */
#ifndef TINYROB_TR_SUB_S8_H
#define TINYROB_TR_SUB_S8_H

#include "tinyrob/tr_add_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* a - b. `out` may be `a` or `b` where that operand does not repeat. */
void tr_sub_s8(const tr_add *sub, const int8_t *a, const int8_t *b, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
