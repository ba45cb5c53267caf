/* Product of matrices for Cortex-M with DSP: four columns are laid out in int16, then meet every row. 1.3
 * instructions a MAC of many rows, about 10 for each value that is laid out and 40 an output.
 *
 * scratch: 32 bytes for each four of the depth, the last one filled up with zeros; where the depth is no
 * multiple of four a row behind them. */
#include "tinyrob/tr_batch_matmul_dsp_s8.h"

#include "tinyrob/tr_batch_matmul_each.h"
#include "tr_dsp.h"
#include "tr_dsp_filled_up.h"

/* Four columns, or what is left of them: for each four of the depth lanes (k, k + 2) and (k + 1, k + 3)
 * of one after the other; a_offset times their sums. */
static void lay_out(const tr_batch_matmul *matmul, const int8_t *b, uint32_t columns, int16_t *to,
                    int32_t start[4])
{
    const uint32_t whole = (matmul->depth + 3u) / 4u * 4u;
    for (uint32_t j = 0; j < 4u; j++) {
        int32_t sum = 0;
        for (uint32_t k = 0; k < whole; k++) {
            int32_t value = 0;
            if (j < columns && k < matmul->depth) {
                value = b[k * matmul->b_steps[0] + j * matmul->b_steps[1]] + matmul->b_offset;
            }
            to[k / 4u * 16u + 4u * j + k % 2u * 2u + k / 2u % 2u] = (int16_t)value;
            sum += value;
        }
        start[j] = matmul->a_offset * sum;
    }
}

static void four(const int8_t *row, const int16_t *columns, uint32_t steps, int32_t sums[4])
{
    const int8_t *lanes = (const int8_t *)columns;
    int32_t s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3];
    for (; steps > 0u; steps--, row += 4, lanes += 32) {
        const int32_t word = tr_load4(row), even = tr_sxtb16(word), odd = tr_sxtb16_odd(word);
        s0 = tr_smlad(tr_load4(lanes + 4), odd, tr_smlad(tr_load4(lanes), even, s0));
        s1 = tr_smlad(tr_load4(lanes + 12), odd, tr_smlad(tr_load4(lanes + 8), even, s1));
        s2 = tr_smlad(tr_load4(lanes + 20), odd, tr_smlad(tr_load4(lanes + 16), even, s2));
        s3 = tr_smlad(tr_load4(lanes + 28), odd, tr_smlad(tr_load4(lanes + 24), even, s3));
    }
    sums[0] = s0;
    sums[1] = s1;
    sums[2] = s2;
    sums[3] = s3;
}

static void product(const tr_batch_matmul *matmul, const int8_t *a, const int8_t *b, int8_t *out,
                    void *scratch)
{
    const uint32_t steps = (matmul->depth + 3u) / 4u;
    int16_t *const laid_out = scratch;
    int8_t *const copy = (int8_t *)(laid_out + 16u * steps);
    for (uint32_t c = 0; c < matmul->columns; c += 4u, b += 4u * matmul->b_steps[1]) {
        const uint32_t columns = matmul->columns - c < 4u ? matmul->columns - c : 4u;
        const int8_t *row = a;
        int8_t *to = out + c;
        int32_t start[4];
        lay_out(matmul, b, columns, laid_out, start);
        for (uint32_t n = matmul->rows; n > 0u; n--, row += matmul->a_steps[0]) {
            int32_t sums[4] = {start[0], start[1], start[2], start[3]};
            const int8_t *words = row;
            if (matmul->depth % 4u != 0u) {
                tr_dsp_filled_up(copy, row, matmul->depth);
                words = copy;
            }
            four(words, laid_out, steps, sums);
            for (uint32_t j = 0; j < columns; j++) {
                to[j] = tr_requantize(sums[j], matmul->multiplier, matmul->shift, &matmul->output);
            }
            to += matmul->columns;
        }
    }
}

void tr_batch_matmul_dsp_s8(const tr_batch_matmul *matmul, const int8_t *a, const int8_t *b,
                            int8_t *out, void *scratch)
{
    tr_batch_matmul_each(matmul, a, b, out, scratch, product);
}
