/* An int16 tensor as int8: TFLite's QUANTIZE. */
#ifndef TINYROB_TR_REQUANTIZE_S16_S8_H
#define TINYROB_TR_REQUANTIZE_S16_S8_H

#include "tinyrob/tr_requantizer16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* in and out: `elements` values. No overlap. */
void tr_requantize_s16_s8(const tr_requantizer16 *layer, const int16_t *in, int8_t *out,
                          void *scratch);

#ifdef __cplusplus
}
#endif

#endif
