/* Portable running sums: one row after the other. */
#include "tinyrob/tr_cumsum_s8.h"

/* `at` is the first or the last of a row's places. */
static void along(const tr_cumsum *cumsum, const int8_t *in, int8_t *out, uint32_t at)
{
    int32_t total = cumsum->sum.offset;
    for (uint32_t n = cumsum->size; n > 0; n--) {
        const int32_t x = in[at] + cumsum->sum.offset;
        out[at] = tr_summed(cumsum->exclusive ? total : total + x, &cumsum->sum);
        total += x;
        if (n > 1) {
            at = cumsum->reverse ? at - cumsum->inner : at + cumsum->inner;
        }
    }
}

void tr_cumsum_s8(const tr_cumsum *cumsum, const int8_t *in, int8_t *out, void *scratch)
{
    const uint32_t all = cumsum->size * cumsum->inner;
    const uint32_t first = cumsum->reverse ? all - cumsum->inner : 0;
    (void)scratch;
    for (uint32_t o = 0; o < cumsum->outer; o++, in += all, out += all) {
        for (uint32_t i = 0; i < cumsum->inner; i++) {
            along(cumsum, in, out, first + i);
        }
    }
}
