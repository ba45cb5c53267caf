/* Max pooling for Cortex-M with DSP: four channels at a time; about 1 instruction an input value
 * and 15 for four outputs. Padding is not looked at. Where channels are no whole words, the last
 * four are looked at once more; fewer than four one by one. */
#include "tinyrob/tr_max_pool_dsp_s8.h"

#include "tr_dsp.h"

typedef struct clip {
    const int8_t *in; /* the window's first tap */
    int32_t height, width, row; /* taps; bytes from row to row */
    int32_t channels;
} clip;

/* Of four channels from `in` on, and of `most`. */
static inline int32_t largest4(const clip *c, const int8_t *in, int32_t most)
{
    for (int32_t y = c->height; y > 0; y--, in += c->row) {
        const int8_t *value = in;
        for (int32_t x = c->width; x > 0; x--, value += c->channels) {
            most = tr_max8(most, tr_load4(value));
        }
    }
    return most;
}

static int32_t largest(const clip *c, const int8_t *in, int32_t most)
{
    for (int32_t y = c->height; y > 0; y--, in += c->row) {
        const int8_t *value = in;
        for (int32_t x = c->width; x > 0; x--, value += c->channels) {
            most = *value > most ? *value : most;
        }
    }
    return most;
}

TR_INLINE int8_t *pixel(const tr_pool *pool, tr_taps rows, tr_taps columns, const int8_t *in,
                        int8_t *out)
{
    const int32_t in_w = pool->window.in_w, channels = pool->channels;
    const int32_t lo = pool->output.lo, hi = pool->output.hi;
    const int32_t first = (rows.origin + rows.first) * in_w + columns.origin + columns.first;
    const clip c = {in + first * channels, rows.last - rows.first, columns.last - columns.first,
                    in_w * channels, channels};
    if (channels >= 4) {
        const int32_t los = tr_four_times(lo), his = tr_four_times(hi);
        for (int32_t at = 0; at < channels; at += 4) {
            const int32_t from = at + 4 <= channels ? at : channels - 4;
            tr_store4(out + from, tr_min8(largest4(&c, c.in + from, los), his));
        }
    } else {
        for (int32_t at = 0; at < channels; at++) {
            const int32_t most = largest(&c, c.in + at, lo);
            out[at] = (int8_t)(most < hi ? most : hi);
        }
    }
    return out + channels;
}

void tr_max_pool_dsp_s8(const tr_pool *pool, const int8_t *in, int8_t *out, void *scratch)
{
    (void)scratch;
    tr_pool_pixels(pool, in, out, pixel);
}
