/* Portable softmax: gemmlowp's fixed-point exponential and reciprocal, as TFLite uses them.
 * Qm.n below has m integer and n fractional bits beside the sign. */
#include "tinyrob/tr_softmax_s8.h"

#include "tr_fixedpoint.h"

/* exp of a value's distance to the maximum, for distance in [diff_min, 0]. */
static int32_t exp_distance(const tr_softmax *softmax, int32_t distance)
{
    const int32_t scaled = tr_shift_left(distance, softmax->left_shift);
    return tr_exp_negative(tr_doubling_high_mul(scaled, softmax->multiplier));
}

static void one_row(const tr_softmax *softmax, const int8_t *in, int8_t *out)
{
    int32_t max = INT8_MIN;
    int32_t sum = 0; /* Q12.19 */
    for (uint32_t i = 0; i < softmax->columns; i++) {
        max = in[i] > max ? in[i] : max;
    }
    for (uint32_t i = 0; i < softmax->columns; i++) {
        if (in[i] - max >= softmax->diff_min) {
            sum += tr_divide_by_pot(exp_distance(softmax, in[i] - max), 12);
        }
    }
    const int32_t zeros = tr_leading_zeros((uint32_t)sum);
    const int32_t scale = tr_reciprocal((int32_t)(((uint32_t)sum << zeros) - 0x80000000u));
    const int32_t shift = 12 - zeros + 31 - 8;
    for (uint32_t i = 0; i < softmax->columns; i++) {
        int32_t value = 0;
        if (in[i] - max >= softmax->diff_min && shift < 32) { /* else below half a step */
            const int32_t exponential = exp_distance(softmax, in[i] - max);
            value = tr_divide_by_pot(tr_doubling_high_mul(scale, exponential), shift);
        }
        value += INT8_MIN;
        out[i] = (int8_t)(value > INT8_MAX ? INT8_MAX : value);
    }
}

void tr_softmax_s8(const tr_softmax *softmax, const int8_t *in, int8_t *out, void *scratch)
{
    (void)scratch;
    for (uint32_t row = 0; row < softmax->rows; row++) {
        one_row(softmax, in, out);
        in += softmax->columns;
        out += softmax->columns;
    }
}
