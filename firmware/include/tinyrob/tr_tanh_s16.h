/* Hyperbolic tangent of int16, in units of 2^-15: TFLite's TANH. */
#ifndef TINYROB_TR_TANH_S16_H
#define TINYROB_TR_TANH_S16_H

#include "tinyrob/tr_curve16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* in and out: `elements` values; `out` may be `in`. */
void tr_tanh_s16(const tr_curve16 *layer, const int16_t *in, int16_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
