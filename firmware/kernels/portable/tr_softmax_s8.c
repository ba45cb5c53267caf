/* Portable softmax: gemmlowp's fixed-point exponential and reciprocal, as TFLite uses them.
 * Qm.n below has m integer and n fractional bits beside the sign. */
#include "tinyrob/tr_softmax_s8.h"

#include "tinyrob/tr_qmath.h"

static int32_t saturate(int64_t x)
{
    return x > INT32_MAX ? INT32_MAX : x < INT32_MIN ? INT32_MIN : (int32_t)x;
}

/* exp(x) in Q0.31 for x in [-1/4, 0) in Q0.31: a Taylor series around -1/8. */
static int32_t exp_quarter(int32_t x)
{
    const int32_t exp_eighth = 1895147668; /* exp(-1/8) */
    const int32_t third = 715827883;
    const int32_t d = x + (1 << 28);
    const int32_t d2 = tr_doubling_high_mul(d, d);
    const int32_t d3 = tr_doubling_high_mul(d2, d);
    const int32_t d4 = tr_doubling_high_mul(d2, d2);
    const int32_t cubic = tr_doubling_high_mul(tr_divide_by_pot(d4, 2) + d3, third);
    const int32_t series = d + tr_divide_by_pot(cubic + d2, 1);
    return saturate((int64_t)exp_eighth + tr_doubling_high_mul(exp_eighth, series));
}

/* exp(x) in Q0.31 for x <= 0 in Q5.26: a quarter's part, times exp(-2^k) for each bit left. */
static int32_t exp_negative(int32_t x)
{
    static const int32_t factor[7] = {1672461947, 1302514674, 790015084, 290630308,
                                      39332535,   720401,     242};
    const int32_t quarter = 1 << 24;
    const int32_t part = (x & (quarter - 1)) - quarter;
    const int32_t rest = part - x;
    int32_t result = exp_quarter(part * 32);
    for (uint32_t bit = 0; bit < 7; bit++) {
        if (((uint32_t)rest >> (24 + bit)) & 1u) {
            result = tr_doubling_high_mul(result, factor[bit]);
        }
    }
    return x == 0 ? INT32_MAX : result;
}

/* 1 / (1 + x) in Q0.31 for x in [0, 1) in Q0.31: three Newton-Raphson steps. */
static int32_t reciprocal(int32_t x)
{
    const int32_t half = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);
    int32_t y = 1515870810 + tr_doubling_high_mul(half, -1010580540); /* Q2.29: 48/17 - 32/17 h */
    for (int32_t step = 0; step < 3; step++) {
        const int32_t error = (1 << 29) - tr_doubling_high_mul(half, y);
        y += saturate((int64_t)tr_doubling_high_mul(y, error) * 4);
    }
    return saturate((int64_t)y * 2);
}

static int32_t leading_zeros(uint32_t x)
{
    int32_t zeros = 0;
    for (; zeros < 32 && !(x & 0x80000000u); x <<= 1) {
        zeros++;
    }
    return zeros;
}

/* exp of a value's distance to the maximum, for distance in [diff_min, 0]. */
static int32_t exp_distance(const tr_softmax *softmax, int32_t distance)
{
    const int32_t scaled = tr_shift_left(distance, softmax->left_shift);
    return exp_negative(tr_doubling_high_mul(scaled, softmax->multiplier));
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
    const int32_t zeros = leading_zeros((uint32_t)sum);
    const int32_t scale = reciprocal((int32_t)(((uint32_t)sum << zeros) - 0x80000000u));
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
