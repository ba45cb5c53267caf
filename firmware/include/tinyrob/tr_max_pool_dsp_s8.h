/* Max pooling on Cortex-M with DSP, int8: TFLite's MAX_POOL_2D. */
#ifndef TINYROB_TR_MAX_POOL_DSP_S8_H
#define TINYROB_TR_MAX_POOL_DSP_S8_H

#include "tinyrob/tr_pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Every window holds a pixel of the image. in: batches * in_h * in_w * channels values; out: batches * out_h *
 * out_w * channels; no overlap. */
void tr_max_pool_dsp_s8(const tr_pool *pool, const int8_t *in, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
