#include "tr_mve_outputs16.h"

#include "tr_mve_four_sums16.h"
#include "tr_mve_sums16.h"

/* Sums of 64 bits, or such as TFLite rounds twice. */
static void each(const tr_sums16 *of, const int32_t *stream, const int16_t *in, uint32_t taps,
                 int32_t first, int32_t count, int16_t *out)
{
    int64_t sums[4] = {0, 0, 0, 0};
    tr_mve_four_sums16(sums, in, stream, taps);
    for (int32_t j = 0; j < count; j++) {
        out[j] = tr_finish16(of->bias[first + j] + sums[j], of, first + j);
    }
}

void tr_mve_outputs16(const tr_sums16 *sums, const int32_t *stream, const int16_t *in,
                      uint32_t taps, uint32_t channels, int16_t *out)
{
    const int32_t last = (int32_t)channels;
    for (int32_t o = 0; o < last; o += 4, stream += tr_mve_four_words16(taps)) {
        const int32_t count = last - o < 4 ? last - o : 4;
        if (sums->wide == TR_MVE_NARROW) {
            tr_mve_outputs_narrow(tr_mve_four_sums_narrow16(in, stream, taps), sums, o, count,
                                  out + o);
        } else {
            each(sums, stream, in, taps, o, count, out + o);
        }
    }
}
