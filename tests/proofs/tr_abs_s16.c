/* Apart and in place. */
#include "tinyrob/tr_abs_s16.h"

#include "sixteen.h"

int main(void)
{
    for (uint32_t elements = 1; elements <= 16; elements++) {
        const tr_abs16 layer = {elements, ANY(int32_t, 0, INT32_MAX), ANY(int8_t, -31, 15),
                                ANY_OUTPUT16};
        int16_t *in = any_shorts((int32_t)elements), *out = fresh16((int32_t)elements);
        tr_abs_s16(&layer, in, out, 0);
        all_written16(out, (int32_t)elements);
        tr_abs_s16(&layer, in, in, 0);
    }
    return 0;
}
