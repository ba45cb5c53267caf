#include "tinyrob/tr_minimum_s8.h"

#include "pairs.h"

static void run(const tr_broadcast *shape, const int8_t *a, const int8_t *b, int8_t *out)
{
    const tr_extremum layer = {*shape, {0, ANY(int8_t, -128, 127), ANY(int8_t, -128, 127)}};
    tr_minimum_s8(&layer, a, b, out, 0);
}

int main(void)
{
    each_pair(run);
    return 0;
}
