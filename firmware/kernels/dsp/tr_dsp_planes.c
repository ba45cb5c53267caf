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

static inline int32_t load2(const int8_t *from)
{
    uint16_t half;
    __builtin_memcpy(&half, from, 2);
    return half;
}

static inline int32_t load3(const int8_t *from)
{
    return (int32_t)((uint32_t)load2(from) | (uint32_t)(uint8_t)from[2] << 16);
}

void tr_dsp_planes(const tr_dsp_row_pair *rows, int32_t *to, int32_t width, int32_t columns)
{
    const int8_t *a = rows->first != 0 ? rows->first : (const int8_t *)&rows->zero;
    const int8_t *b = rows->second != 0 ? rows->second : (const int8_t *)&rows->zero;
    const int32_t next_a = rows->first != 0 ? rows->in_x : 0;
    const int32_t next_b = rows->second != 0 ? rows->in_x : 0;
    const int32_t channels = rows->channels;
    if (channels == 2) {
        for (; columns > 0; columns--, a += next_a, b += next_b, to++) {
            const int32_t both = tr_pack_low(load2(a), load2(b));
            to[0] = tr_sxtb16(both);
            to[width] = tr_sxtb16_odd(both);
        }
    } else if (channels == 1) {
        for (; columns > 0; columns--, a += next_a, b += next_b, to++) {
            *to = tr_pack_low(*a, *b);
        }
    } else if (channels == 4) {
        for (; columns > 0; columns--, a += next_a, b += next_b, to++) {
            column(tr_load4(a), tr_load4(b), to, width);
        }
    } else {
        for (; columns > 0; columns--, a += next_a, b += next_b, to++) {
            column(load3(a), load3(b), to, width);
        }
    }
}
