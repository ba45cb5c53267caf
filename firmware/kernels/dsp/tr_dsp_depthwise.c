#include "tr_dsp_depthwise.h"

/* n >= 1 neighbouring columns of a pair of rows. */
static inline int32_t add_columns(int32_t sum, const int32_t *taps, const int32_t *w, int32_t n)
{
    for (; n > 7; n--) {
        sum = tr_smlad(*taps++, *w++, sum);
    }
    switch (n) {
    case 7:
        sum = tr_smlad(taps[6], w[6], sum); /* fall through */
    case 6:
        sum = tr_smlad(taps[5], w[5], sum); /* fall through */
    case 5:
        sum = tr_smlad(taps[4], w[4], sum); /* fall through */
    case 4:
        sum = tr_smlad(taps[3], w[3], sum); /* fall through */
    case 3:
        sum = tr_smlad(taps[2], w[2], sum); /* fall through */
    case 2:
        sum = tr_smlad(taps[1], w[1], sum); /* fall through */
    default:
        return tr_smlad(taps[0], w[0], sum);
    }
}

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
            if (dilation == 1) {
                sum = add_columns(sum, taps, w, kernel_w);
                w += kernel_w;
            } else {
                for (int32_t n = kernel_w; n > 0; n--, taps += dilation) {
                    sum = tr_smlad(*taps, *w++, sum);
                }
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
