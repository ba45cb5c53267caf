/* Portable product of matrices of int16: one inner product after the other. */
#include "tinyrob/tr_batch_matmul_s16.h"

static int64_t inner(const tr_batch_matmul16 *matmul, const int16_t *a, const int16_t *b)
{
    const uint32_t a_step = matmul->a_steps[1], b_step = matmul->b_steps[0];
    int64_t sum = 0;
    for (uint32_t n = matmul->depth; n > 0; n--, a += a_step, b += b_step) {
        sum += (int32_t)*a * *b;
    }
    return sum;
}

static int16_t *product(const tr_batch_matmul16 *matmul, const int16_t *a, const int16_t *b,
                        int16_t *out)
{
    for (uint32_t row = 0; row < matmul->rows; row++, a += matmul->a_steps[0]) {
        const int16_t *column = b;
        for (uint32_t n = matmul->columns; n > 0; n--, column += matmul->b_steps[1]) {
            const int64_t sum = inner(matmul, a, column);
            *out++ = tr_clamp16(tr_multiply_wide(sum, matmul->multiplier, matmul->shift),
                                &matmul->output);
        }
    }
    return out;
}

void tr_batch_matmul_s16(const tr_batch_matmul16 *matmul, const int16_t *a, const int16_t *b,
                         int16_t *out, void *scratch)
{
    const uint32_t *sa = matmul->a_strides, *sb = matmul->b_strides;
    (void)scratch;
    for (uint32_t i = 0; i < matmul->batches[0]; i++) {
        for (uint32_t j = 0; j < matmul->batches[1]; j++) {
            for (uint32_t k = 0; k < matmul->batches[2]; k++) {
                out = product(matmul, a + i * sa[0] + j * sa[1] + k * sa[2],
                              b + i * sb[0] + j * sb[1] + k * sb[2], out);
            }
        }
    }
}
