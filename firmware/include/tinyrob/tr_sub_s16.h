/* Elementwise difference of two int16 tensors of any scales: TFLite's SUB. */
#ifndef TINYROB_TR_SUB_S16_H
#define TINYROB_TR_SUB_S16_H

#include "tinyrob/tr_add16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `out` may be `a` or `b` where that operand does not repeat. */
void tr_sub_s16(const tr_add16 *layer, const int16_t *a, const int16_t *b, int16_t *out,
                void *scratch);

#ifdef __cplusplus
}
#endif

#endif
