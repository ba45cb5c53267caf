/* Softmax in fixed point, int8 to int16 (scale 1/65536, zero point -32768): TFLite's SOFTMAX. */
#ifndef TINYROB_TR_SOFTMAX_S8_S16_H
#define TINYROB_TR_SOFTMAX_S8_S16_H

#include "tinyrob/tr_softmax_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* in and out: rows * columns values; no overlap. */
void tr_softmax_s8_s16(const tr_softmax *softmax, const int8_t *in, int16_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
