/* An int32 tensor as int16: TFLite's QUANTIZE. */
#ifndef TINYROB_TR_REQUANTIZE_S32_S16_H
#define TINYROB_TR_REQUANTIZE_S32_S16_H

#include "tinyrob/tr_requantizer16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* in and out: `elements` values. No overlap. */
void tr_requantize_s32_s16(const tr_requantizer16 *layer, const int32_t *in, int16_t *out,
                           void *scratch);

#ifdef __cplusplus
}
#endif

#endif
