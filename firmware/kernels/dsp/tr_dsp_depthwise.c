#include "tr_dsp_depthwise.h"

#include "tr_dsp.h"

/* Copies of what a row points to: a store of a byte might change it, as far as C can tell. */
typedef struct factor {
    int32_t m, n, e;
} factor;

static inline int8_t requantized(factor f, int32_t rectified, int32_t sum)
{
    if (rectified) {
        return (int8_t)tr_ssat8(tr_smmlar(2 * sum, f.m, f.n) >> f.e);
    }
    const int32_t y = tr_smmulr(2 * sum, f.m);
    return (int8_t)tr_ssat8((y + (y >> 31) + f.n) >> f.e);
}

static inline void three_columns(const tr_dsp_row *row, int32_t rectified, int8_t *out)
{
    const factor f = {row->m, row->n, row->e};
    const int32_t bias = row->bias, stride = row->stride, pitch = row->pitch;
    const int32_t *upper = row->plane + row->pairs[0], *lower = row->plane + row->pairs[1];
    const int32_t *w = row->weights;
    const int32_t w0 = w[0], w1 = w[1], w2 = w[2], w3 = w[3], w4 = w[4], w5 = w[5];
    for (int32_t n = row->outputs; n > 0; n--, out += pitch) {
        int32_t sum = tr_smlad(upper[0], w0, bias);
        sum = tr_smlad(upper[1], w1, sum);
        sum = tr_smlad(upper[2], w2, sum);
        sum = tr_smlad(lower[0], w3, sum);
        sum = tr_smlad(lower[1], w4, sum);
        sum = tr_smlad(lower[2], w5, sum);
        *out = requantized(f, rectified, sum);
        upper += stride;
        lower += stride;
    }
}

static void any_kernel(const tr_dsp_row *row, int8_t *out)
{
    const factor f = {row->m, row->n, row->e};
    const int32_t dilation = row->dilation, kernel_w = row->kernel_w;
    for (int32_t x = 0; x < row->outputs; x++, out += row->pitch) {
        const int32_t *w = row->weights;
        int32_t sum = row->bias;
        for (int32_t j = 0; j < row->count; j++) {
            const int32_t *taps = row->plane + row->pairs[j] + x * row->stride;
            for (int32_t n = kernel_w; n > 0; n--, taps += dilation) {
                sum = tr_smlad(*taps, *w++, sum);
            }
        }
        *out = requantized(f, row->rectified, sum);
    }
}

void tr_dsp_depthwise(const tr_dsp_row *row, int8_t *out)
{
    if (row->count != 2 || row->kernel_w != 3 || row->dilation != 1) {
        any_kernel(row, out);
    } else if (row->rectified) {
        three_columns(row, 1, out);
    } else {
        three_columns(row, 0, out);
    }
}
