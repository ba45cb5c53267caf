/* Portable mean: one output at a time. */
#include "tinyrob/tr_mean_s8.h"

void tr_mean_s8(const tr_mean *mean, const int8_t *in, int8_t *out, void *scratch)
{
    const uint32_t step_1 = mean->inner;
    const uint32_t step_0 = mean->middle * mean->reduced[1] * step_1;
    (void)scratch;
    for (uint32_t o = 0; o < mean->outer; o++, in += mean->reduced[0] * step_0) {
        for (uint32_t m = 0; m < mean->middle; m++) {
            for (uint32_t i = 0; i < mean->inner; i++) {
                const int8_t *row = in + m * mean->reduced[1] * step_1 + i;
                int32_t sum = mean->bias;
                for (uint32_t r = mean->reduced[0]; r > 0; r--, row += step_0) {
                    const int8_t *value = row;
                    for (uint32_t n = mean->reduced[1]; n > 0; n--, value += step_1) {
                        sum += *value;
                    }
                }
                *out++ = tr_requantize(sum, mean->multiplier, mean->shift, &mean->output);
            }
        }
    }
}
