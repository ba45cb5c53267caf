/* Apart and in place. */
#include "tinyrob/tr_requantize_s8.h"

#include "proof.h"

int main(void)
{
    for (uint32_t elements = 1; elements <= 16; elements++) {
        const tr_requantizer layer = {
            elements,   ANY(int32_t, 0, INT32_MAX), ANY(int16_t, -127, 128), ANY(int8_t, -31, 30),
            ANY_OUTPUT,
        };
        int8_t *in = any_bytes((int32_t)elements), *out = fresh((int32_t)elements);
        tr_requantize_s8(&layer, in, out, 0);
        all_written(out, (int32_t)elements);
        tr_requantize_s8(&layer, in, in, 0);
    }
    return 0;
}
