#include "tr_dsp_outputs16.h"

#include "tr_dsp_dot16.h"

/* Steps whose products, of 2^15 and 2^7 each, fit an int32. */
enum { RUN = 64 };

/* Sums that need 64 bits. */
static void wide(const tr_sums16 *sums, const int32_t *weights, const int16_t *in, int32_t steps,
                 int32_t first, int32_t count, int16_t *out)
{
    int64_t all[4] = {0, 0, 0, 0};
    for (; steps > 0; steps -= RUN, in += 4 * RUN, weights += 4 * RUN) {
        int32_t part[4];
        tr_dsp_dot16(weights, in, steps < RUN ? steps : RUN, part);
        for (int32_t j = 0; j < 4; j++) {
            all[j] += part[j];
        }
    }
    for (int32_t j = 0; j < count; j++) {
        out[j] = tr_finish16(sums->bias[first + j] + all[j], sums, first + j);
    }
}

void tr_dsp_outputs16(const tr_sums16 *sums, const int32_t *weights, const int16_t *in,
                      int32_t steps, int32_t channels, int16_t *out)
{
    for (int32_t o = 0; o < channels; o += 4, out += 4, weights += 4 * steps) {
        const int32_t count = channels - o < 4 ? channels - o : 4;
        if (sums->wide == TR_DSP_NARROW) {
            int32_t all[4];
            tr_dsp_dot16(weights, in, steps, all);
            for (int32_t j = 0; j < count; j++) {
                out[j] = tr_dsp_output16(all[j], sums, o + j);
            }
        } else {
            wide(sums, weights, in, steps, o, count, out);
        }
    }
}
