/* Portable mean of int16: one output at a time. */
#include "tinyrob/tr_mean_s16.h"

void tr_mean_s16(const tr_mean16 *mean, const int16_t *in, int16_t *out, void *scratch)
{
    const uint32_t step_1 = mean->inner;
    const uint32_t step_0 = mean->middle * mean->reduced[1] * step_1;
    (void)scratch;
    for (uint32_t o = 0; o < mean->outer; o++, in += mean->reduced[0] * step_0) {
        for (uint32_t m = 0; m < mean->middle; m++) {
            for (uint32_t i = 0; i < mean->inner; i++) {
                const int16_t *row = in + m * mean->reduced[1] * step_1 + i;
                int32_t sum = 0;
                for (uint32_t r = mean->reduced[0]; r > 0; r--, row += step_0) {
                    const int16_t *value = row;
                    for (uint32_t n = mean->reduced[1]; n > 0; n--, value += step_1) {
                        sum += *value;
                    }
                }
                *out++ = tr_clamp16(tr_multiply(sum, mean->multiplier, mean->shift), &mean->output);
            }
        }
    }
}
