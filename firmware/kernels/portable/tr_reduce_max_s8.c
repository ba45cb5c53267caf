/* Portable reduction to the greatest value: one output at a time. */
#include "tinyrob/tr_reduce_max_s8.h"

void tr_reduce_max_s8(const tr_reduce *reduce, const int8_t *in, int8_t *out, void *scratch)
{
    const uint32_t step_1 = reduce->inner;
    const uint32_t step_0 = reduce->middle * reduce->reduced[1] * step_1;
    (void)scratch;
    for (uint32_t o = 0; o < reduce->outer; o++, in += reduce->reduced[0] * step_0) {
        for (uint32_t m = 0; m < reduce->middle; m++) {
            for (uint32_t i = 0; i < reduce->inner; i++) {
                const int8_t *row = in + m * reduce->reduced[1] * step_1 + i;
                int32_t best = *row;
                for (uint32_t r = reduce->reduced[0]; r > 0; r--, row += step_0) {
                    const int8_t *value = row;
                    for (uint32_t n = reduce->reduced[1]; n > 0; n--, value += step_1) {
                        best = *value > best ? *value : best;
                    }
                }
                *out++ = tr_clamp(best, &reduce->output);
            }
        }
    }
}
