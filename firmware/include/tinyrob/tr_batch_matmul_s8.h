/* Products of matrices, int8, both of them activations: TFLite's BATCH_MATMUL. */
#ifndef TINYROB_TR_BATCH_MATMUL_S8_H
#define TINYROB_TR_BATCH_MATMUL_S8_H

#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* For each place along `batches`, where a and b advance by their strides (0: the same one again),
 * (rows, depth) times (depth, columns). Neighbours of a are a_steps[0] apart along its rows and
 * a_steps[1] along the depth; those of b b_steps[0] along the depth, b_steps[1] along the columns.
 * Offsets are in [-127, 128], depth * 255^2 < 2^31. */
typedef struct tr_batch_matmul {
    uint32_t batches[3];
    uint32_t a_strides[3];
    uint32_t b_strides[3];
    uint32_t rows, depth, columns;
    uint32_t a_steps[2];
    uint32_t b_steps[2];
    int16_t a_offset, b_offset;
    int32_t multiplier;
    int8_t shift;
    tr_output output;
} tr_batch_matmul;

/* out: rows * columns values for each place; no overlap. */
void tr_batch_matmul_s8(const tr_batch_matmul *matmul, const int8_t *a, const int8_t *b,
                        int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
