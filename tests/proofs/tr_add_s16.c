#include "tinyrob/tr_add_s16.h"

#include "pairs16.h"

static void run(const tr_broadcast *shape, const int16_t *a, const int16_t *b, int16_t *out)
{
    /* Factors of operands are a half at most: a multiplier below 1 with a shift of -1, or a half. */
    const tr_add16 halved = {*shape,
                             {ANY(int32_t, 0, INT32_MAX), ANY(int8_t, -31, -1)},
                             {ANY(int32_t, 0, INT32_MAX), ANY(int8_t, -31, -1)},
                             ANY(int32_t, 0, INT32_MAX),
                             ANY(int8_t, -31, 0),
                             ANY_OUTPUT16};
    const tr_add16 half = {
        *shape,      {1 << 30, 0}, {1 << 30, 0}, ANY(int32_t, 0, INT32_MAX), ANY(int8_t, -31, 0),
        ANY_OUTPUT16};
    tr_add_s16(&halved, a, b, out, 0);
    tr_add_s16(&half, a, b, out, 0);
}

int main(void)
{
    each_pair16(run);
    return 0;
}
