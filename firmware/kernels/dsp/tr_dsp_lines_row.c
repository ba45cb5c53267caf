#include "tr_dsp.h"
#include "tr_dsp_lines.h"

/* Column x of the row, or of the padding around it. */
static int32_t at(const int8_t *from, int32_t x, int32_t in_w, int32_t in_c, int32_t channels,
                  int32_t zero)
{
    if (from == 0 || x < 0 || x >= in_w) {
        return zero;
    }
    uint32_t word = 0;
    for (int32_t i = 0; i < channels; i++) {
        word |= (uint32_t)(uint8_t)from[x * in_c + i] << (8 * i);
    }
    return (int32_t)word;
}

static inline void column(int32_t *pair, int32_t width, int32_t a, int32_t b)
{
    const int32_t even = tr_sxtb16(a), odd = tr_sxtb16_odd(a);
    const int32_t next_even = tr_sxtb16(b), next_odd = tr_sxtb16_odd(b);
    pair[0] = tr_pack_low(even, next_even);
    pair[width] = tr_pack_low(odd, next_odd);
    pair[2 * width] = tr_pack_high(even, next_even);
    pair[3 * width] = tr_pack_high(odd, next_odd);
}

void tr_dsp_lines_row(const tr_dsp_lines *lines, const int8_t *from, int32_t in_w, int32_t in_c,
                      int32_t channels, int32_t dilation)
{
    const int32_t width = lines->width, left = lines->left;
    const int32_t zero = (int32_t)(0x01010101u * ((uint32_t)lines->zero_point & 0xffu));
    int32_t *pair = lines->pairs;
    for (int32_t x = -left; x < width - left; x++, pair++) {
        if (channels == 4 && from != 0 && x >= 0) {
            const int8_t *place = from + x * in_c;
            for (; x + dilation < in_w && x < width - left; x++, pair++, place += in_c) {
                column(pair, width, tr_load4(place), tr_load4(place + dilation * in_c));
            }
            if (x == width - left) {
                return;
            }
        }
        column(pair, width, at(from, x, in_w, in_c, channels, zero),
               at(from, x + dilation, in_w, in_c, channels, zero));
    }
}
