/* Factors that leave an int32: shifts of up to 21. */
#include "tinyrob/tr_requantize_s8_s16.h"

#include "sixteen.h"

int main(void)
{
    for (uint32_t elements = 1; elements <= 16; elements++) {
        const tr_requantizer16 layer = {
            elements,
            ANY(int32_t, 0, INT32_MAX),
            ANY(int16_t, -127, 128),
            ANY(int8_t, -31, 21),
            0,
            ANY(int32_t, -32768, 32767),
            ANY(int32_t, -32768, 32767),
        };
        int8_t *in = any_bytes((int32_t)elements);
        int16_t *out = fresh16((int32_t)elements);
        tr_requantize_s8_s16(&layer, in, out, 0);
        all_written16(out, (int32_t)elements);
    }
    return 0;
}
