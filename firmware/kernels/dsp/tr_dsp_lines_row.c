#include "tr_dsp_lines_row.h"

#include "tr_dsp.h"

/* Column x of the row, or of the padding around it. */
static int32_t at(const int8_t *from, int32_t x, int32_t in_w, int32_t in_c, int32_t channels,
                  int32_t zero)
{
    if (x < 0 || x >= in_w) {
        return zero;
    }
    if (channels == 4) {
        return tr_load4(from + x * in_c);
    }
    uint32_t word = 0;
    for (int32_t i = 0; i < channels; i++) {
        word |= (uint32_t)(uint8_t)from[x * in_c + i] << (8 * i);
    }
    return (int32_t)word;
}

static inline void put(int32_t *pair, int32_t width, const int32_t a[2], const int32_t b[2])
{
    pair[0] = tr_pack_low(a[0], b[0]);
    pair[width] = tr_pack_low(a[1], b[1]);
    pair[2 * width] = tr_pack_high(a[0], b[0]);
    pair[3 * width] = tr_pack_high(a[1], b[1]);
}

static inline void lanes(int32_t word, int32_t to[2])
{
    to[0] = tr_sxtb16(word);
    to[1] = tr_sxtb16_odd(word);
}

void tr_dsp_lines_row(const tr_dsp_lines *lines, const int8_t *from, int32_t in_w, int32_t in_c,
                      int32_t channels)
{
    const int32_t width = lines->width, left = lines->left, end = width - left;
    const int32_t zero = tr_four_times(lines->zero_point);
    /* Words of fewer channels may reach into the next columns, but not behind the last one. */
    const int32_t last = in_w - 1 - (3 - channels + in_c) / in_c;
    int32_t *pair = lines->pairs;
    for (int32_t x = -left; x < end; x++, pair++) {
        int32_t a[2], b[2];
        lanes(at(from, x, in_w, in_c, channels, zero), a);
        if (x >= 0) {
            /* Inside the image each column is the next one's first half. */
            const int8_t *next = from + (x + 1) * in_c;
            const int32_t count = (last + 1 < end ? last : end - 1) - x;
            x += count > 0 ? count : 0;
            for (int32_t n = count; n > 0; n--, pair++, next += in_c) {
                lanes(tr_load4(next), b);
                put(pair, width, a, b);
                a[0] = b[0];
                a[1] = b[1];
            }
        }
        lanes(at(from, x + 1, in_w, in_c, channels, zero), b);
        put(pair, width, a, b);
    }
}
