#include "tinyrob/tr_minimum_s16.h"

#include "pairs16.h"

static void run(const tr_broadcast *shape, const int16_t *a, const int16_t *b, int16_t *out)
{
    const tr_extremum16 layer = {*shape, ANY_OUTPUT16};
    tr_minimum_s16(&layer, a, b, out, 0);
}

int main(void)
{
    each_pair16(run);
    return 0;
}
