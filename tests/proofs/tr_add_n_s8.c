/* 2 to 4 inputs of 1 to 3 values, apart and in place of the first. */
#include "tinyrob/tr_add_n_s8.h"

#include "proof.h"

#define ANY_SUM                                                                                    \
    {ANY(int16_t, -127, 128), ANY(int32_t, 0, INT32_MAX), ANY(int8_t, -31, 0), ANY_OUTPUT}

int main(void)
{
    for (uint32_t elements = 1; elements <= 3; elements++) {
        for (uint32_t count = 2; count <= 4; count++) {
            const tr_add_n add = {elements, count, ANY_SUM};
            int8_t *const first = any_bytes((int32_t)elements), *out = fresh((int32_t)elements);
            const int8_t *inputs[4] = {first};
            for (uint32_t i = 1; i < count; i++) {
                inputs[i] = any_bytes((int32_t)elements);
            }
            tr_add_n_s8(&add, inputs, out, 0);
            all_written(out, (int32_t)elements);
            tr_add_n_s8(&add, inputs, first, 0);
        }
    }
    return 0;
}
