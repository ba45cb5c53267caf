/* Portable PRELU of int16. */
#include "tinyrob/tr_prelu_s16.h"

static int16_t sloped(const tr_prelu16 *prelu, int32_t x, int32_t slope)
{
    const int32_t made = x >= 0 ? tr_multiply(x, prelu->above_multiplier, prelu->above_shift)
                                : tr_multiply(x * (slope + prelu->b_offset),
                                              prelu->below_multiplier, prelu->below_shift);
    return tr_clamp16(made, &prelu->output);
}

void tr_prelu_s16(const tr_prelu16 *prelu, const int16_t *a, const int8_t *b, int16_t *out,
                  void *scratch)
{
    const uint32_t *size = prelu->shape.size;
    uint32_t ia[4], ib[4];
    (void)scratch;
    tr_broadcast_steps(size, prelu->shape.a_repeats, ia);
    tr_broadcast_steps(size, prelu->shape.b_repeats, ib);
    for (uint32_t i = 0; i < size[0]; i++) {
        for (uint32_t j = 0; j < size[1]; j++) {
            for (uint32_t k = 0; k < size[2]; k++) {
                const int16_t *pa = a + i * ia[0] + j * ia[1] + k * ia[2];
                const int8_t *pb = b + i * ib[0] + j * ib[1] + k * ib[2];
                for (uint32_t n = size[3]; n > 0; n--, pa += ia[3], pb += ib[3]) {
                    *out++ = sloped(prelu, *pa, *pb);
                }
            }
        }
    }
}
