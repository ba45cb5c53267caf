#include "tr_dsp_depthwise.h"

void tr_dsp_depthwise(const tr_dsp_channel *channel, const tr_dsp_pairs *rows,
                      const int32_t *plane, int8_t *out)
{
    const tr_dsp_channel c = *channel; /* a store of a byte might change it, as far as C can tell */
    const int32_t count = rows->count, kernel_w = rows->kernel_w, dilation = rows->dilation;
    for (const int8_t *end = out + c.span; out != end; out += c.pitch, plane += c.stride / 4) {
        const int32_t *w = tr_dsp_channel_weights(channel);
        int32_t sum = c.bias;
        for (int32_t j = 0; j < count; j++) {
            const int32_t *taps = plane + rows->pairs[j];
            for (int32_t n = kernel_w; n > 0; n--, taps += dilation) {
                sum = tr_smlad(*taps, *w++, sum);
            }
        }
        if (c.rectified) {
            *out = (int8_t)tr_ssat8(tr_smmlar(2 * sum, c.m, c.n) >> c.e);
        } else {
            const int32_t y = tr_smmulr(2 * sum, c.m);
            *out = (int8_t)tr_ssat8((y + (y >> 31) + c.n) >> c.e);
        }
    }
}
