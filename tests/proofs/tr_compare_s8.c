#include "tinyrob/tr_compare_s8.h"

#include "pairs.h"

static void run(const tr_broadcast *shape, const int8_t *a, const int8_t *b, int8_t *out)
{
    const tr_compare compare = {*shape,
                                ANY(int16_t, -127, 128),
                                ANY(int16_t, -127, 128),
                                ANY(int32_t, 0, INT32_MAX),
                                ANY(int32_t, 0, INT32_MAX),
                                ANY(int8_t, -31, 0),
                                ANY(int8_t, -31, 0),
                                ANY(uint8_t, 0, 7)};
    tr_compare_s8(&compare, a, b, out, 0);
}

int main(void)
{
    each_pair(run);
    return 0;
}
