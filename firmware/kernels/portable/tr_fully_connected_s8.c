/* Portable dense layer. Weights: tr_dot.h's blocks. */
#include "tinyrob/tr_fully_connected_s8.h"

#include "tr_dot.h"

static int8_t finish(const tr_fully_connected *dense, uint32_t o, int32_t sum)
{
    const uint32_t channel = dense->per_channel ? o : 0;
    return tr_requantize(sum, dense->multiplier[channel], dense->shift[channel], &dense->output);
}

void tr_fully_connected_s8(const tr_fully_connected *dense, const int8_t *in, int8_t *out,
                           void *scratch)
{
    const int32_t in_c = (int32_t)dense->in_c;
    (void)scratch;
    for (uint32_t n = 0; n < dense->batches; n++, in += in_c, out += dense->out_c) {
        const int8_t *weights = dense->weights;
        uint32_t o = 0;
        for (; o + 4 <= dense->out_c; o += 4, weights += 4 * in_c) {
            int32_t sum[4] = {dense->bias[o], dense->bias[o + 1], dense->bias[o + 2],
                              dense->bias[o + 3]};
            tr_dot_4(sum, in, weights, in_c, 0);
            for (uint32_t j = 0; j < 4; j++) {
                out[o + j] = finish(dense, o + j, sum[j]);
            }
        }
        for (; o < dense->out_c; o++, weights += in_c) {
            out[o] = finish(dense, o, tr_dot_1(dense->bias[o], in, weights, in_c, 0));
        }
    }
}
