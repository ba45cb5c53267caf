/* Portable LOG_SOFTMAX: gemmlowp's fixed-point exponential and TFLite's logarithm. Qm.n below has m
 * integer and n fractional bits beside the sign. */
#include "tinyrob/tr_log_softmax_s8.h"

#include "tr_fixedpoint.h"

static int32_t times_pot(int32_t x, int32_t exponent)
{
    return tr_saturate((int64_t)x * ((int64_t)1 << exponent));
}

/* The logarithm of z in Q12.19, z >= 1, as Q5.26: 2^n times a number near 1, of which a rational
 * function is taken; two ways to split it, of which the nearer one counts. */
static int32_t logarithm(int32_t z)
{
    const int32_t log_2 = 1488522236;          /* Q0.31, as the next ones */
    const int32_t fourth_root_half = 1805811301;
    const int32_t sqrt_half = 1518500250;
    const int32_t alpha_n = 117049297, alpha_d = 127690142;
    const int32_t alpha_i = 1057819769, alpha_f = 638450708;
    const int32_t quarter = 1 << 23; /* Q6.25 */
    const int32_t zeros_a = tr_leading_zeros((uint32_t)z);
    const int32_t r_a = times_pot(tr_doubling_high_mul(times_pot(z, zeros_a - 1), sqrt_half), 1);
    const int32_t power_a = (12 - zeros_a) * (1 << 25) + quarter;
    const int32_t zeros_b =
        tr_leading_zeros((uint32_t)tr_doubling_high_mul(z, sqrt_half)) - 1;
    const int32_t r_b = times_pot(z, zeros_b);
    const int32_t power_b = (12 - zeros_b) * (1 << 25) - quarter;
    const int32_t r = r_a < r_b ? r_a : r_b;
    const int32_t power = power_a > power_b ? power_a : power_b;
    const int32_t p = (int32_t)(((int64_t)r + fourth_root_half + 1) / 2);
    const int32_t q = 2 * (r - fourth_root_half);
    const int32_t square = tr_doubling_high_mul(q, q);
    const int32_t above = tr_doubling_high_mul(q, r) +
                          tr_doubling_high_mul(tr_doubling_high_mul(q, square), alpha_n);
    const int32_t below =
        tr_doubling_high_mul(p, alpha_i + q + tr_doubling_high_mul(alpha_d, square)) +
        tr_doubling_high_mul(alpha_f, q);
    const int32_t fraction = tr_doubling_high_mul(tr_divide_by_pot(above, 6), tr_reciprocal(below));
    return times_pot(tr_doubling_high_mul(power, log_2) + fraction, 1);
}

static int32_t scaled(const tr_log_softmax *softmax, int32_t distance)
{
    return tr_doubling_high_mul(tr_shift_left(distance, softmax->left_shift), softmax->multiplier);
}

static void one_row(const tr_log_softmax *softmax, const int8_t *in, int8_t *out)
{
    int32_t max = INT8_MIN;
    int32_t sum = 0; /* Q12.19 */
    for (uint32_t i = 0; i < softmax->columns; i++) {
        max = in[i] > max ? in[i] : max;
    }
    for (uint32_t i = 0; i < softmax->columns; i++) {
        if (in[i] - max >= softmax->diff_min) {
            sum += tr_divide_by_pot(tr_exp_negative(scaled(softmax, in[i] - max)), 12);
        }
    }
    const int32_t log_sum = logarithm(sum);
    const int32_t limit = tr_multiply(log_sum + INT32_MIN, softmax->back_multiplier,
                                      softmax->back_shift);
    const int32_t least = limit > softmax->diff_min - 1 ? limit : softmax->diff_min - 1;
    for (uint32_t i = 0; i < softmax->columns; i++) {
        int32_t value = INT8_MIN;
        if (in[i] - max > least) {
            value = tr_divide_by_pot(scaled(softmax, in[i] - max) - log_sum, 22) + INT8_MAX;
            value = value > INT8_MAX ? INT8_MAX : value < INT8_MIN ? INT8_MIN : value;
        }
        out[i] = (int8_t)value;
    }
}

void tr_log_softmax_s8(const tr_log_softmax *softmax, const int8_t *in, int8_t *out,
                       void *scratch)
{
    (void)scratch;
    for (uint32_t row = 0; row < softmax->rows; row++) {
        one_row(softmax, in, out);
        in += softmax->columns;
        out += softmax->columns;
    }
}
