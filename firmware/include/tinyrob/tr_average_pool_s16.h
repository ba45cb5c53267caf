/* Average pooling, int16: TFLite's AVERAGE_POOL_2D. */
#ifndef TINYROB_TR_AVERAGE_POOL_S16_H
#define TINYROB_TR_AVERAGE_POOL_S16_H

#include "tinyrob/tr_pool16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* in: batches * in_h * in_w * channels values; out: batches * out_h * out_w * channels; no
 * overlap. */
void tr_average_pool_s16(const tr_pool16 *pool, const int16_t *in, int16_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
