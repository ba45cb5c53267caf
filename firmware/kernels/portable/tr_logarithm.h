/* A logarithm in gemmlowp's fixed point, as TFLite's LOG_SOFTMAX uses it. Qm.n below has m integer
 * and n fractional bits beside the sign. */
#ifndef TR_LOGARITHM_H
#define TR_LOGARITHM_H

#include "tr_fixedpoint.h"

static inline int32_t tr_times_pot(int32_t x, int32_t exponent)
{
    return tr_saturate((int64_t)x * ((int64_t)1 << exponent));
}

/* The logarithm of z in Q12.19, z >= 1, as Q5.26: 2^n times a number near 1, of which a rational
 * function is taken; two ways to split it, of which the nearer one counts. */
static inline int32_t tr_logarithm(int32_t z)
{
    const int32_t log_2 = 1488522236; /* Q0.31, as the next ones */
    const int32_t fourth_root_half = 1805811301;
    const int32_t sqrt_half = 1518500250;
    const int32_t alpha_n = 117049297, alpha_d = 127690142;
    const int32_t alpha_i = 1057819769, alpha_f = 638450708;
    const int32_t quarter = 1 << 23; /* Q6.25 */
    const int32_t zeros_a = tr_leading_zeros((uint32_t)z);
    const int32_t r_a = tr_times_pot(tr_doubling_high_mul(tr_times_pot(z, zeros_a - 1), sqrt_half),
                                     1);
    const int32_t power_a = (12 - zeros_a) * (1 << 25) + quarter;
    const int32_t zeros_b = tr_leading_zeros((uint32_t)tr_doubling_high_mul(z, sqrt_half)) - 1;
    const int32_t r_b = tr_times_pot(z, zeros_b);
    const int32_t power_b = (12 - zeros_b) * (1 << 25) - quarter;
    const int32_t r = r_a < r_b ? r_a : r_b;
    const int32_t power = power_a > power_b ? power_a : power_b;
    const int32_t p = (int32_t)(((int64_t)r + fourth_root_half + 1) / 2);
    const int32_t q = 2 * (r - fourth_root_half);
    const int32_t square = tr_doubling_high_mul(q, q);
    const int32_t above = tr_doubling_high_mul(q, r) +
                          tr_doubling_high_mul(tr_doubling_high_mul(q, square), alpha_n);
    const int32_t below = tr_doubling_high_mul(p, alpha_i + q +
                                                      tr_doubling_high_mul(alpha_d, square)) +
                          tr_doubling_high_mul(alpha_f, q);
    const int32_t fraction = tr_doubling_high_mul(tr_divide_by_pot(above, 6), tr_reciprocal(below));
    return tr_times_pot(tr_doubling_high_mul(power, log_2) + fraction, 1);
}

#endif
