/* Portable sum: both operands are brought to one scale with 20 more bits, added, rescaled. */
#include "tinyrob/tr_add_s8.h"

static int32_t widen(const tr_add_operand *operand, int32_t value)
{
    const int32_t wide = tr_shift_left(value + operand->offset, 20);
    return tr_divide_by_pot(tr_doubling_high_mul(wide, operand->multiplier), -operand->shift);
}

void tr_add_s8(const tr_add *add, const int8_t *a, const int8_t *b, int8_t *out, void *scratch)
{
    const uint32_t *size = add->shape.size;
    uint32_t ia[4], ib[4];
    (void)scratch;
    tr_broadcast_steps(size, add->shape.a_repeats, ia);
    tr_broadcast_steps(size, add->shape.b_repeats, ib);
    for (uint32_t i = 0; i < size[0]; i++) {
        for (uint32_t j = 0; j < size[1]; j++) {
            for (uint32_t k = 0; k < size[2]; k++) {
                const int8_t *pa = a + i * ia[0] + j * ia[1] + k * ia[2];
                const int8_t *pb = b + i * ib[0] + j * ib[1] + k * ib[2];
                for (uint32_t n = size[3]; n > 0; n--, pa += ia[3], pb += ib[3]) {
                    const int32_t sum = widen(&add->a, *pa) + widen(&add->b, *pb);
                    *out++ = tr_requantize(sum, add->multiplier, add->shift, &add->output);
                }
            }
        }
    }
}
