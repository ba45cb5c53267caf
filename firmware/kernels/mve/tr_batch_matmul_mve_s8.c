/* Product of matrices for Cortex-M with MVE: four columns are laid out side by side, then meet every row
 * (tr_mve_four_sums.h). 0.2 instructions a MAC of many rows, about 10 for each value that is laid out and
 * 40 an output.
 *
 * scratch: a word for each row, the sum of its values times b_offset; then the stream of four columns. */
#include "tinyrob/tr_batch_matmul_mve_s8.h"

#include "tinyrob/tr_batch_matmul_each.h"
#include "tr_mve_four_sums.h"

static void sum_rows(const tr_batch_matmul *matmul, const int8_t *a, int32_t *sums)
{
    for (uint32_t row = 0; row < matmul->rows; row++, a += matmul->a_steps[0]) {
        int32_t sum = 0;
        for (uint32_t k = 0; k < matmul->depth; k++) {
            sum += a[k];
        }
        sums[row] = matmul->b_offset * sum;
    }
}

/* Four columns, or what is left of them, as a stream. */
static void lay_out(const tr_batch_matmul *matmul, const int8_t *b, uint32_t columns,
                    int32_t *stream)
{
    int8_t *const weights = (int8_t *)(stream + 4);
    const int32_t depth = (int32_t)matmul->depth;
    for (uint32_t j = 0; j < 4u; j++) {
        int32_t sum = 0;
        for (uint32_t k = 0; k < matmul->depth; k++) {
            const int8_t value = j < columns ? b[k * matmul->b_steps[0] + j * matmul->b_steps[1]]
                                             : (int8_t)0;
            weights[k / 16u * 64u + j * 16u + k % 16u] = value;
            sum += value;
        }
        stream[j] = matmul->a_offset * (sum + depth * matmul->b_offset);
    }
}

static void product(const tr_batch_matmul *matmul, const int8_t *a, const int8_t *b, int8_t *out,
                    void *scratch)
{
    int32_t *const of_rows = scratch, *const stream = of_rows + matmul->rows;
    sum_rows(matmul, a, of_rows);
    for (uint32_t c = 0; c < matmul->columns; c += 4u, b += 4u * matmul->b_steps[1]) {
        const uint32_t columns = matmul->columns - c < 4u ? matmul->columns - c : 4u;
        const int8_t *row = a;
        int8_t *to = out + c;
        lay_out(matmul, b, columns, stream);
        for (uint32_t n = 0; n < matmul->rows; n++, row += matmul->a_steps[0]) {
            int32_t sums[4];
            tr_v4_store(sums,
                        tr_v4_add_n(tr_mve_four_sums(row, stream, matmul->depth), of_rows[n]));
            for (uint32_t j = 0; j < columns; j++) {
                to[j] = tr_requantize(sums[j], matmul->multiplier, matmul->shift, &matmul->output);
            }
            to += matmul->columns;
        }
    }
}

void tr_batch_matmul_mve_s8(const tr_batch_matmul *matmul, const int8_t *a, const int8_t *b,
                            int8_t *out, void *scratch)
{
    tr_batch_matmul_each(matmul, a, b, out, scratch, product);
}
