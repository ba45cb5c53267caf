/* What the kernels of BATCH_MATMUL for DSP and MVE share: all but a product. */
#ifndef TINYROB_TR_BATCH_MATMUL_EACH_H
#define TINYROB_TR_BATCH_MATMUL_EACH_H

#include "tinyrob/tr_batch_matmul_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef void tr_matrix_product(const tr_batch_matmul *matmul, const int8_t *a, const int8_t *b,
                               int8_t *out, void *scratch);

/* The product of each place, one after the other. */
static inline void tr_batch_matmul_each(const tr_batch_matmul *matmul, const int8_t *a,
                                        const int8_t *b, int8_t *out, void *scratch,
                                        tr_matrix_product *product)
{
    const uint32_t *sa = matmul->a_strides, *sb = matmul->b_strides;
    for (uint32_t i = 0; i < matmul->batches[0]; i++) {
        for (uint32_t j = 0; j < matmul->batches[1]; j++) {
            for (uint32_t k = 0; k < matmul->batches[2]; k++) {
                product(matmul, a + i * sa[0] + j * sa[1] + k * sa[2],
                        b + i * sb[0] + j * sb[1] + k * sb[2], out, scratch);
                out += matmul->rows * matmul->columns;
            }
        }
    }
}

#ifdef __cplusplus
}
#endif

#endif
