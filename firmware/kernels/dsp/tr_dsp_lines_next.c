#include "tr_dsp_lines.h"

#include "tr_dsp.h"

static int32_t load(const int8_t *from, int32_t channels)
{
    uint32_t word = 0;
    for (int32_t i = 0; i < channels; i++) {
        word |= (uint32_t)(uint8_t)from[i] << (8 * i);
    }
    return (int32_t)word;
}

/* A column of the pair: plane q is q * width words on. */
static inline void column(int32_t *pair, int32_t width, int32_t *last, int32_t even, int32_t odd)
{
    const int32_t last_even = last[0], last_odd = last[1];
    pair[0] = tr_pack_low(last_even, even);
    pair[width] = tr_pack_low(last_odd, odd);
    pair[2 * width] = tr_pack_high(last_even, even);
    pair[3 * width] = tr_pack_high(last_odd, odd);
    last[0] = even;
    last[1] = odd;
}

void tr_dsp_lines_next(tr_dsp_lines *lines, const int8_t *from, int32_t in_w, int32_t in_c,
                       int32_t channels)
{
    const int32_t width = lines->width;
    const int32_t columns = in_w < width - lines->left ? in_w : width - lines->left;
    lines->row++;
    lines->slot = lines->slot + 1 < lines->kept ? lines->slot + 1 : 0;
    /* The columns of padding hold the zero point from the start. */
    int32_t *pair = lines->pairs + 4 * width * lines->slot + lines->left;
    int32_t *last = lines->last + 2 * lines->left;
    if (from == 0) {
        const int32_t zero =
            tr_sxtb16((int32_t)(0x01010101u * ((uint32_t)lines->zero_point & 0xffu)));
        for (int32_t n = columns; n > 0; n--, pair++, last += 2) {
            column(pair, width, last, zero, zero);
        }
    } else if (channels == 4) {
        for (int32_t n = columns; n > 0; n--, pair++, last += 2, from += in_c) {
            const int32_t word = tr_load4(from);
            column(pair, width, last, tr_sxtb16(word), tr_sxtb16_odd(word));
        }
    } else {
        for (int32_t n = columns; n > 0; n--, pair++, last += 2, from += in_c) {
            const int32_t word = load(from, channels);
            column(pair, width, last, tr_sxtb16(word), tr_sxtb16_odd(word));
        }
    }
}
