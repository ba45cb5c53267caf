/* Mean for Cortex-M with MVE: four neighbouring outputs at a time; about 5 instructions for four
 * values, and 15 for an output. */
#include "tinyrob/tr_mean_mve_s8.h"

#include "tr_mve_column.h"

void tr_mean_mve_s8(const tr_mean *mean, const int8_t *in, int8_t *out, void *scratch)
{
    const uint32_t line = mean->reduced[1] * mean->inner, step = mean->middle * line;
    tr_mve_area area = {in, (int32_t)mean->reduced[0], (int32_t)mean->reduced[1], (int32_t)step,
                        (int32_t)mean->inner};
    (void)scratch;
    for (uint32_t o = 0; o < mean->outer; o++, in += mean->reduced[0] * step) {
        for (uint32_t m = 0; m < mean->middle; m++) {
            area.in = in + m * line;
            for (int32_t left = (int32_t)mean->inner; left > 0; left -= 4, area.in += 4) {
                int32_t sums[4];
                tr_v4_store(sums, tr_mve_sum(&area, tr_v4_all(mean->bias), tr_v4_first(left)));
                for (int32_t i = 0; i < (left < 4 ? left : 4); i++) {
                    *out++ =
                        tr_requantize(sums[i], mean->multiplier, mean->shift, &mean->output);
                }
            }
        }
    }
}
