/* Average pooling for Cortex-M with DSP: four channels at a time, summed in lanes of 16 bits,
 * which hold 256 values. About 2 instructions an input value, 12 an output. Channels that are no
 * whole number of words are summed one by one. Halves go away from zero. */
#include "tinyrob/tr_average_pool_dsp_s8.h"

#include "tr_dsp.h"

typedef struct clip {
    const int8_t *in; /* the window's first tap, at its first channel */
    int32_t height, width, row; /* taps; bytes from row to row */
    int32_t channels;
} clip;

static void sum_4(const clip *c, int32_t sums[4])
{
    const int32_t channels = c->channels;
    const int8_t *row = c->in;
    int32_t even = 0, odd = 0;
    for (int32_t y = c->height; y > 0; y--, row += c->row) {
        const int8_t *value = row;
        for (int32_t x = c->width; x > 0; x--, value += channels) {
            const int32_t word = tr_load4(value);
            even = tr_sadd16(even, tr_sxtb16(word));
            odd = tr_sadd16(odd, tr_sxtb16_odd(word));
        }
    }
    sums[0] = (int16_t)even;
    sums[1] = (int16_t)odd;
    sums[2] = even >> 16;
    sums[3] = odd >> 16;
}

static int32_t sum_1(const clip *c)
{
    const int8_t *row = c->in;
    int32_t sum = 0;
    for (int32_t y = c->height; y > 0; y--, row += c->row) {
        const int8_t *value = row;
        for (int32_t x = c->width; x > 0; x--, value += c->channels) {
            sum += *value;
        }
    }
    return sum;
}

static int8_t average(int32_t sum, int32_t count, const tr_output *to)
{
    const int32_t half = sum > 0 ? count / 2 : -(count / 2);
    /* Every window holds a pixel. NOLINTNEXTLINE(clang-analyzer-core.DivideZero) */
    return tr_clamp((sum + half) / count, to);
}

static void all_channels(const tr_pool *pool, clip *c, int8_t *out)
{
    const int32_t count = c->height * c->width;
    int32_t some;
    for (int32_t left = c->channels; left > 0; left -= some, c->in += some) {
        int32_t sums[4];
        some = left >= 4 ? 4 : 1;
        if (some == 4) {
            sum_4(c, sums);
        } else {
            sums[0] = sum_1(c);
        }
        for (int32_t j = 0; j < some; j++) {
            *out++ = average(sums[j], count, &pool->output);
        }
    }
}

TR_INLINE int8_t *pixel(const tr_pool *pool, tr_taps rows, tr_taps columns, const int8_t *in,
                        int8_t *out)
{
    const int32_t in_w = pool->window.in_w;
    const int32_t first = (rows.origin + rows.first) * in_w + columns.origin + columns.first;
    clip c = {in + first * pool->channels, rows.last - rows.first, columns.last - columns.first,
              in_w * pool->channels, pool->channels};
    all_channels(pool, &c, out);
    return out + pool->channels;
}

void tr_average_pool_dsp_s8(const tr_pool *pool, const int8_t *in, int8_t *out, void *scratch)
{
    (void)scratch;
    tr_pool_pixels(pool, in, out, pixel);
}
