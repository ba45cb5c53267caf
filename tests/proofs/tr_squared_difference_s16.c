/* Operands' factors of up to a half. */
#include "tinyrob/tr_squared_difference_s16.h"

#include "pairs16.h"

static void run(const tr_broadcast *shape, const int16_t *a, const int16_t *b, int16_t *out)
{
    const tr_add16 layer = {*shape,
                            {ANY(int32_t, 0, 1 << 30), ANY(int8_t, -31, 0)},
                            {ANY(int32_t, 0, 1 << 30), ANY(int8_t, -31, 0)},
                            ANY(int32_t, 0, INT32_MAX),
                            ANY(int8_t, -31, 0),
                            ANY_OUTPUT16};
    tr_squared_difference_s16(&layer, a, b, out, 0);
}

int main(void)
{
    each_pair16(run);
    return 0;
}
