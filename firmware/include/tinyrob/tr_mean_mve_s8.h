/* Mean along some axes on Cortex-M with MVE, int8: TFLite's MEAN. */
#ifndef TINYROB_TR_MEAN_MVE_S8_H
#define TINYROB_TR_MEAN_MVE_S8_H

#include "tinyrob/tr_mean_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_mean_s8; made for an `inner` of 4 or more. */
void tr_mean_mve_s8(const tr_mean *mean, const int8_t *in, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
