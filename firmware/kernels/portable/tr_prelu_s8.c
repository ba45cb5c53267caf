/* Portable PRELU. */
#include "tinyrob/tr_prelu_s8.h"

static int8_t sloped(const void *layer, int32_t a, int32_t b)
{
    const tr_prelu *prelu = layer;
    const int32_t x = a + prelu->a_offset;
    if (x >= 0) {
        return tr_requantize(x, prelu->above_multiplier, prelu->above_shift, &prelu->output);
    }
    return tr_requantize(x * (b + prelu->b_offset), prelu->below_multiplier, prelu->below_shift,
                         &prelu->output);
}

void tr_prelu_s8(const tr_prelu *prelu, const int8_t *a, const int8_t *b, int8_t *out,
                 void *scratch)
{
    (void)scratch;
    tr_broadcast_pairs(&prelu->shape, a, b, out, sloped, prelu);
}
