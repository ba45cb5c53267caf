/* Portable DIV: by a reciprocal. A division by 0 gives what TFLite's fixed point makes of it. */
#include "tinyrob/tr_div_s8.h"

#include "tr_fixedpoint.h"

static int8_t quotient(const void *layer, int32_t a, int32_t b)
{
    const tr_div *div = layer;
    int32_t x = a + div->a_offset;
    int32_t y = b + div->b_offset;
    if (y < 0) {
        x = -x;
        y = -y;
    }
    const int32_t zeros = tr_leading_zeros((uint32_t)y);
    const uint32_t mantissa = zeros < 32 ? (uint32_t)y << zeros : 0;
    const int32_t inverse = tr_reciprocal((int32_t)(mantissa - 0x80000000u));
    /* x as far to the left as it goes without a change of sign */
    const int32_t headroom = tr_leading_zeros((uint32_t)(x < 0 ? ~x : x)) - 1;
    const int32_t unscaled = tr_doubling_high_mul(tr_shift_left(x, headroom), inverse);
    const int32_t scaled = tr_doubling_high_mul(unscaled, div->multiplier);
    return tr_clamp(tr_divide_by_pot(scaled, 31 - zeros + headroom - div->shift), &div->output);
}

void tr_div_s8(const tr_div *div, const int8_t *a, const int8_t *b, int8_t *out, void *scratch)
{
    (void)scratch;
    tr_broadcast_pairs(&div->shape, a, b, out, quotient, div);
}
