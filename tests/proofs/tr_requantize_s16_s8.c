/* Factors that leave an int32: shifts of up to 13; probabilities, which begin at -32768, and others. */
#include "tinyrob/tr_requantize_s16_s8.h"

#include "sixteen.h"

int main(void)
{
    for (uint32_t elements = 1; elements <= 16; elements++) {
        const tr_requantizer16 layer = {
            elements,
            ANY(int32_t, 0, INT32_MAX),
            elements % 2 ? 32768 : 0,
            ANY(int8_t, -31, 13),
            ANY(int8_t, -128, 127),
            ANY(int32_t, -128, 127),
            ANY(int32_t, -128, 127),
        };
        int16_t *in = any_shorts((int32_t)elements);
        int8_t *out = fresh((int32_t)elements);
        tr_requantize_s16_s8(&layer, in, out, 0);
        all_written(out, (int32_t)elements);
    }
    return 0;
}
