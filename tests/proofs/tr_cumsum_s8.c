/* 1 or 2 rows of 1 to 3 values of 1 or 2, each way, apart and in place. */
#include "tinyrob/tr_cumsum_s8.h"

#include "proof.h"

#define ANY_SUM                                                                                    \
    {ANY(int16_t, -127, 128), ANY(int32_t, 0, INT32_MAX), ANY(int8_t, -31, 0), ANY_OUTPUT}

static void run(uint32_t outer, uint32_t size, uint32_t inner, uint32_t ways)
{
    const tr_cumsum cumsum = {outer,  size, inner, (uint8_t)(ways & 1u), (uint8_t)(ways >> 1),
                              ANY_SUM};
    const int32_t values = (int32_t)(outer * size * inner);
    int8_t *in = any_bytes(values), *out = fresh(values);
    tr_cumsum_s8(&cumsum, in, out, 0);
    all_written(out, values);
    tr_cumsum_s8(&cumsum, in, in, 0);
}

int main(void)
{
    for (uint32_t outer = 1; outer <= 2; outer++) {
        for (uint32_t size = 1; size <= 3; size++) {
            for (uint32_t inner = 1; inner <= 2; inner++) {
                for (uint32_t ways = 0; ways < 4; ways++) {
                    run(outer, size, inner, ways);
                }
            }
        }
    }
    return 0;
}
