/* Products of matrices on Cortex-M with DSP, int8, both of them activations: TFLite's BATCH_MATMUL. */
#ifndef TINYROB_TR_BATCH_MATMUL_DSP_S8_H
#define TINYROB_TR_BATCH_MATMUL_DSP_S8_H

#include "tinyrob/tr_batch_matmul_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_batch_matmul_s8, with a_steps[1] = 1. scratch: as kernels/dsp/tr_batch_matmul_dsp_s8.c says; aligned to 4. */
void tr_batch_matmul_dsp_s8(const tr_batch_matmul *matmul, const int8_t *a, const int8_t *b,
                            int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
