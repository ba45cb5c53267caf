/* Products of matrices, int16, both of them activations: TFLite's BATCH_MATMUL. */
#ifndef TINYROB_TR_BATCH_MATMUL_S16_H
#define TINYROB_TR_BATCH_MATMUL_S16_H

#include "tinyrob/tr_sums16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_batch_matmul, without offsets; sums are of 64 bits, and rescaled as tr_sums16 has it where it
 * is wide: `multiplier` in [0, 2^15], `shift` in [8, 46]. depth * 2^30 < 2^47. */
typedef struct tr_batch_matmul16 {
    uint32_t batches[3];
    uint32_t a_strides[3];
    uint32_t b_strides[3];
    uint32_t rows, depth, columns;
    uint32_t a_steps[2];
    uint32_t b_steps[2];
    int32_t multiplier;
    int8_t shift;
    tr_output16 output;
} tr_batch_matmul16;

/* out: rows * columns values for each place; no overlap. */
void tr_batch_matmul_s16(const tr_batch_matmul16 *matmul, const int16_t *a, const int16_t *b,
                         int16_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
