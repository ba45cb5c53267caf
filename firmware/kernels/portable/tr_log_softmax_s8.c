/* Portable LOG_SOFTMAX: gemmlowp's fixed-point exponential and TFLite's logarithm. */
#include "tinyrob/tr_log_softmax_s8.h"

#include "tr_fixedpoint.h"
#include "tr_logarithm.h"

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
    const int32_t log_sum = tr_logarithm(sum);
    const int32_t limit = tr_multiply(log_sum + INT32_MIN, softmax->back_multiplier,
                                      softmax->back_shift);
    const int32_t least = limit > softmax->diff_min - 1 ? limit : softmax->diff_min - 1;
    for (uint32_t i = 0; i < softmax->columns; i++) {
        int32_t value = INT8_MIN;
        if (in[i] - max > least) {
            const int64_t log = (int64_t)scaled(softmax, in[i] - max) - log_sum;
            value = tr_divide_by_pot(tr_saturate(log), 22) + INT8_MAX;
            value = value > INT8_MAX ? INT8_MAX : value < INT8_MIN ? INT8_MIN : value;
        }
        out[i] = (int8_t)value;
    }
}

void tr_log_softmax_s8(const tr_log_softmax *softmax, const int8_t *in, int8_t *out, void *scratch)
{
    (void)scratch;
    for (uint32_t row = 0; row < softmax->rows; row++) {
        one_row(softmax, in, out);
        in += softmax->columns;
        out += softmax->columns;
    }
}
