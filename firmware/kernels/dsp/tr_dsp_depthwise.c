#include "tr_dsp_depthwise.h"

static inline int8_t finished(const tr_dsp_channel *c, int32_t sum)
{
    if (c->rectified) {
        return (int8_t)tr_ssat8(tr_smmlar(2 * sum, c->m, c->n) >> c->e);
    }
    const int32_t y = tr_smmulr(2 * sum, c->m);
    return (int8_t)tr_ssat8((y + (y >> 31) + c->n) >> c->e);
}

/* Four neighbouring outputs: each weight is loaded once. */
static void four(const tr_dsp_channel *c, const int32_t *w, const tr_dsp_pairs *rows,
                 const int32_t *plane, int8_t *out)
{
    const int32_t stride = c->stride / 4, step = rows->dilation;
    int32_t s0 = c->bias, s1 = s0, s2 = s0, s3 = s0;
    for (int32_t j = 0; j < rows->count; j++) {
        const int32_t *taps = plane + rows->pairs[j];
        for (int32_t n = rows->kernel_w; n > 0; n--, taps += step) {
            const int32_t weights = *w++;
            s0 = tr_smlad(taps[0], weights, s0);
            s1 = tr_smlad(taps[stride], weights, s1);
            s2 = tr_smlad(taps[2 * stride], weights, s2);
            s3 = tr_smlad(taps[3 * stride], weights, s3);
        }
    }
    out[0] = finished(c, s0);
    out[c->pitch] = finished(c, s1);
    out[2 * c->pitch] = finished(c, s2);
    out[3 * c->pitch] = finished(c, s3);
}

static void one(const tr_dsp_channel *c, const int32_t *w, const tr_dsp_pairs *rows,
                const int32_t *plane, int8_t *out)
{
    const int32_t step = rows->dilation;
    int32_t sum = c->bias;
    for (int32_t j = 0; j < rows->count; j++) {
        const int32_t *taps = plane + rows->pairs[j];
        for (int32_t n = rows->kernel_w; n > 0; n--, taps += step) {
            sum = tr_smlad(*taps, *w++, sum);
        }
    }
    *out = finished(c, sum);
}

void tr_dsp_depthwise(const tr_dsp_channel *channel, const tr_dsp_pairs *rows, const int32_t *plane,
                      int8_t *out)
{
    const int32_t *w = tr_dsp_channel_weights(channel);
    int32_t left = channel->outputs;
    if (left < 4) {
        for (; left > 0; left--, out += channel->pitch, plane += channel->stride / 4) {
            one(channel, w, rows, plane, out);
        }
        return;
    }
    const tr_dsp_channel c = *channel; /* a store of a byte might change it, as far as C can tell */
    for (; left >= 4; left -= 4, out += 4 * c.pitch, plane += c.stride) {
        four(&c, w, rows, plane, out);
    }
    if (left > 0) {
        /* The last four once more: the first of them are written again as they are. */
        const int32_t back = 4 - left;
        four(&c, w, rows, plane - back * (c.stride / 4), out - back * c.pitch);
    }
}
