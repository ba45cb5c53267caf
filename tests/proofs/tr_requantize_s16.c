/* Factors that leave an int32: shifts of up to 13. Apart and in place. */
#include "tinyrob/tr_requantize_s16.h"

#include "sixteen.h"

int main(void)
{
    for (uint32_t elements = 1; elements <= 16; elements++) {
        const tr_requantizer16 layer = {
            elements,
            ANY(int32_t, 0, INT32_MAX),
            0,
            ANY(int8_t, -31, 13),
            0,
            ANY(int32_t, -32768, 32767),
            ANY(int32_t, -32768, 32767),
        };
        int16_t *in = any_shorts((int32_t)elements);
        int16_t *out = fresh16((int32_t)elements);
        tr_requantize_s16(&layer, in, out, 0);
        all_written16(out, (int32_t)elements);
        tr_requantize_s16(&layer, in, in, 0);
    }
    return 0;
}
