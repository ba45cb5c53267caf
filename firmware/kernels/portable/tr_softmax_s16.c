/* Portable softmax of int16: exponentials are kept in the output until their sum is known. */
#include "tinyrob/tr_softmax_s16.h"

#include "tr_fixedpoint.h"
#include "tinyrob/tr_int16.h"

/* A table at an int16: 9 bits say which entry, 7 where between it and the next. */
static int32_t look_up(const int16_t *table, int32_t x)
{
    const int16_t *entry = table + 256 + (x >> 7);
    return entry[0] + (((entry[1] - entry[0]) * (x & 127) + 64) >> 7);
}

static void one_row(const tr_softmax16 *softmax, const int16_t *in, int16_t *out)
{
    int32_t max = INT16_MIN;
    int32_t sum = 0; /* Q16.15 */
    for (uint32_t i = 0; i < softmax->columns; i++) {
        max = in[i] > max ? in[i] : max;
    }
    for (uint32_t i = 0; i < softmax->columns; i++) {
        const int32_t below = tr_multiply(in[i] - max, softmax->multiplier, softmax->shift);
        const int32_t step = (below > 0 ? 0 : below) + INT16_MAX; /* it never is above 0 */
        out[i] = (int16_t)look_up(softmax->exponentials, tr_saturate16(step));
        sum += out[i];
    }
    const int32_t zeros = tr_leading_zeros((uint32_t)sum);
    /* The greatest input adds more than 0. NOLINTNEXTLINE(clang-analyzer-core.BitwiseShift) */
    const int32_t mantissa = (int32_t)((((int64_t)sum << (zeros - 1)) + (1 << 13)) >> 14);
    const int32_t place = tr_saturate16(mantissa - (1 << 15) - (1 << 16));
    const int32_t scale = look_up(softmax->reciprocals, place);
    const int32_t shift = 31 - zeros;
    for (uint32_t i = 0; i < softmax->columns; i++) {
        const int32_t made = (out[i] * scale + (1 << (shift - 1))) >> shift;
        out[i] = (int16_t)(made < 0 ? 0 : tr_saturate16(made));
    }
}

void tr_softmax_s16(const tr_softmax16 *softmax, const int16_t *in, int16_t *out, void *scratch)
{
    (void)scratch;
    for (uint32_t row = 0; row < softmax->rows; row++) {
        one_row(softmax, in, out);
        in += softmax->columns;
        out += softmax->columns;
    }
}
