/* Portable dense layer of int16. Weights: tr_dot.h's blocks. */
#include "tinyrob/tr_fully_connected_s16.h"

#include "tr_dot16.h"

void tr_fully_connected_s16(const tr_fully_connected16 *dense, const int16_t *in, int16_t *out,
                            void *scratch)
{
    const int32_t in_c = (int32_t)dense->in_c;
    const int32_t out_c = (int32_t)dense->out_c;
    const int64_t *bias = dense->sums.bias;
    (void)scratch;
    for (uint32_t n = 0; n < dense->batches; n++, in += in_c, out += out_c) {
        const int8_t *weights = dense->weights;
        int32_t o = 0;
        for (; o + 4 <= out_c; o += 4, weights += 4 * in_c) {
            int64_t sum[4] = {bias[o], bias[o + 1], bias[o + 2], bias[o + 3]};
            tr_dot16_4(sum, in, weights, in_c);
            for (int32_t j = 0; j < 4; j++) {
                out[o + j] = tr_finish16(sum[j], &dense->sums, o + j);
            }
        }
        for (; o < out_c; o++, weights += in_c) {
            out[o] = tr_finish16(tr_dot16_1(bias[o], in, weights, in_c), &dense->sums, o);
        }
    }
}
