/* Apart and in place. */
#include "tinyrob/tr_leaky_relu_s16.h"

#include "sixteen.h"

static void run(uint32_t elements, uint8_t negative)
{
    const tr_leaky_relu16 layer = {
        elements,
        ANY(int32_t, 0, INT32_MAX),
        ANY(int32_t, 0, INT32_MAX),
        ANY(int8_t, -31, 15),
        ANY(int8_t, -31, 15),
        negative,
        ANY_OUTPUT16,
    };
    int16_t *in = any_shorts((int32_t)elements), *out = fresh16((int32_t)elements);
    tr_leaky_relu_s16(&layer, in, out, 0);
    all_written16(out, (int32_t)elements);
    tr_leaky_relu_s16(&layer, in, in, 0);
}

int main(void)
{
    for (uint32_t elements = 1; elements <= 16; elements++) {
        run(elements, 0);
        run(elements, 1);
    }
    return 0;
}
