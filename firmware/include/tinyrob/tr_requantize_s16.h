/* Another scale or range for an int16 tensor: TFLite's QUANTIZE, RELU and RELU6. */
#ifndef TINYROB_TR_REQUANTIZE_S16_H
#define TINYROB_TR_REQUANTIZE_S16_H

#include "tinyrob/tr_requantizer16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* in and out: `elements` values. `out` may be `in`. */
void tr_requantize_s16(const tr_requantizer16 *layer, const int16_t *in, int16_t *out,
                       void *scratch);

#ifdef __cplusplus
}
#endif

#endif
