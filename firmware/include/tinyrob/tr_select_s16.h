/* Values of int16 chosen by a condition: TFLite's SELECT_V2. */
#ifndef TINYROB_TR_SELECT_S16_H
#define TINYROB_TR_SELECT_S16_H

#include "tinyrob/tr_select_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_select_s8; the condition is of a byte each. */
void tr_select_s16(const tr_select *select, const int8_t *condition, const int16_t *a,
                   const int16_t *b, int16_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
