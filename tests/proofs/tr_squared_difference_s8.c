/* Factors of the operands are at most one half: 2^30 with shift 0, or any with a shift below. */
#include "tinyrob/tr_squared_difference_s8.h"

#include "pairs.h"

static void run(const tr_broadcast *shape, const int8_t *a, const int8_t *b, int8_t *out)
{
    for (int32_t which = 0; which < 4; which++) {
        const tr_add_operand exactly = {1 << 30, ANY(int16_t, -127, 128), 0};
        const tr_add_operand below = {ANY(int32_t, 0, INT32_MAX), ANY(int16_t, -127, 128),
                                      ANY(int8_t, -31, -1)};
        const tr_add pair = {*shape,
                             which & 1 ? exactly : below,
                             which & 2 ? exactly : below,
                             ANY(int32_t, 0, INT32_MAX),
                             ANY(int8_t, -31, 30),
                             ANY_OUTPUT};
        tr_squared_difference_s8(&pair, a, b, out, 0);
    }
}

int main(void)
{
    each_pair(run);
    return 0;
}
