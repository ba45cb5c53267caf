#include "tr_dsp_planes.h"

#include "tr_dsp.h"

/* A column: the pixels of both rows, four channels each. */
static inline void column(int32_t a, int32_t b, int32_t *to, int32_t width)
{
    const int32_t low = tr_pack_low(a, b), high = tr_pack_high(a, b);
    to[0] = tr_sxtb16(low);
    to[width] = tr_sxtb16_odd(low);
    to[2 * width] = tr_sxtb16(high);
    to[3 * width] = tr_sxtb16_odd(high);
}

static int32_t single(const int8_t *from, int32_t channels)
{
    uint32_t word = 0;
    for (int32_t i = 0; i < channels; i++) {
        word |= (uint32_t)(uint8_t)from[i] << (8 * i);
    }
    return (int32_t)word;
}

void tr_dsp_planes(const tr_dsp_row_pair *rows, int32_t *to, int32_t width, int32_t columns)
{
    const int8_t *a = rows->first != 0 ? rows->first : (const int8_t *)&rows->zero;
    const int8_t *b = rows->second != 0 ? rows->second : (const int8_t *)&rows->zero;
    const int32_t next_a = rows->first != 0 ? rows->in_x : 0;
    const int32_t next_b = rows->second != 0 ? rows->in_x : 0;
    const int32_t channels = rows->channels, missing = 4 - channels;
    if (channels == 4) {
        for (; columns > 0; columns--, a += next_a, b += next_b, to++) {
            column(tr_load4(a), tr_load4(b), to, width);
        }
    } else if (rows->before >= missing) {
        /* The word that ends with the last channel. */
        a -= rows->first != 0 ? missing : 0;
        b -= rows->second != 0 ? missing : 0;
        for (; columns > 0; columns--, a += next_a, b += next_b, to++) {
            column((int32_t)((uint32_t)tr_load4(a) >> (8 * missing)),
                   (int32_t)((uint32_t)tr_load4(b) >> (8 * missing)), to, width);
        }
    } else {
        for (; columns > 0; columns--, a += next_a, b += next_b, to++) {
            column(single(a, channels), single(b, channels), to, width);
        }
    }
}
